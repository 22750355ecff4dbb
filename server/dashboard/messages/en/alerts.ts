/** Texts of the view of alerts. */

import type { Area } from "../area.js";

export const alerts = {
  open: "Open",
  noneOpen: "Nothing is wrong.",
  resolved: "Resolved",
  noneResolved: "No alert has been resolved yet.",
  since: "since {time}",
  fromTo: "{from} to {to} ({duration})",

  boardOffline: "{board} is offline",
  zoneWithoutSensor: "Zone {zone} has no fresh sensor",
  boardLost: { one: "{board} has lost {count} reading", other: "{board} has lost {count} readings" },
  historyLost: "The history has lost readings",
  storageFailing: "Data cannot be stored",
  brokerDisconnected: "The connection to the broker is lost",

  messages: "Messages",
  ntfy: "ntfy",
  webhook: "Webhook",
  delivered: { one: "{count} message delivered", other: "{count} messages delivered" },
  waiting: { one: "{count} alert waits", other: "{count} alerts wait" },
  test: "Send a test message",
  testing: "Sending …",
  tested: "The test message was delivered.",
  nowhere: "Alerts appear only on this page so far. The server can also send them to a phone or to another program.",
  howNtfy:
    "For a phone, install the app {link} and subscribe to a topic. Everybody who knows the topic can read the alerts, so the name should be hard to guess. Then add these lines to the configuration file of the server, nightlight.yaml:",
  howReload: "Reload the server (with systemd: systemctl reload nightlight-server), and send a test message here.",
  howWebhook: "For Home Assistant and other programs, set webhook to the URL that receives alerts as JSON.",
} as const satisfies Area;
