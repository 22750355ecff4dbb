/** Texts of the help. */

import type { Area } from "../area.js";

export const help = {
  title: "Help",
  boards: "Boards",
  cards:
    "Each card is a board: its lamp, the light on its sensor from 0 (dark) to 1023 (bright), and a plot of the last three minutes. The dashed line is the threshold; the shading shows when the lamp was on.",
  deciding:
    "The server switches the lamp on below the threshold. With hysteresis, it switches the lamp off only at a higher level, so that the lamp does not flicker. The line below the plot says who decided, and why.",
  offline:
    "A board without a connection decides by itself after ten seconds, by the same rule. It keeps its readings and sends them when it is back.",
  override: "Switch by hand",
  overriding:
    "On and Off switch a lamp or a zone by hand, until you choose Auto or until the time that you set. Undo takes back the last change.",
  zones: "Zones",
  zonesDecide:
    "In a zone, several sensors decide together for several lamps. A sensor that has been silent for too long is left out.",
  connecting: "Boards and other MQTT clients connect to:",
  programs: "Programs",
  api: "Programs can use the HTTP API. {link} describes it.",
} as const satisfies Area;
