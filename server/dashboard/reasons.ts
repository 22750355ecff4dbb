/** Translates the reasons of decisions, which the server sends and stores as English sentences. */

import { formatUnit } from "./messages/locale.js";
import { message } from "./messages/message.js";

const PERSON_REASONS = {
  "the lamp on": "reason.personKeepsLampOn",
  "the lamp off": "reason.personKeepsLampOff",
  "the zone on": "reason.personKeepsZoneOn",
  "the zone off": "reason.personKeepsZoneOff",
} as const;

/** The server's reason for a lamp whose board decides alone. */
export const BOARD_REASON = "the board decides alone: it could not reach the server";

const BOARD_REASONS = {
  [BOARD_REASON]: "reason.boardAlone",
  "the board reports that its lamp is on": "reason.boardReportsOn",
  "the board reports that its lamp is off": "reason.boardReportsOff",
  "the board reported later that its lamp was on": "reason.boardReportedOn",
  "the board reported later that its lamp was off": "reason.boardReportedOff",
} as const;

const COMBINE_REASONS = { median: "reason.median", darkest: "reason.darkest", brightest: "reason.brightest" } as const;

/** Translates a reason into the page's language. Returns an unknown reason unchanged. */
export function translateReason(reason: string): string {
  return (
    translateZoneReason(reason) ??
    translateBoardReason(reason) ??
    translatePersonReason(reason) ??
    translateRuleReason(reason) ??
    translateHoursReason(reason) ??
    translateMissingReason(reason) ??
    reason
  );
}

function translateZoneReason(reason: string): string | undefined {
  const [, zone, rest] = /^zone (\S+): (.+)$/.exec(reason) ?? [];
  return zone && message("reason.inZone", { zone, reason: translateReason(rest) });
}

function translateBoardReason(reason: string): string | undefined {
  return reason in BOARD_REASONS ? message(BOARD_REASONS[reason as keyof typeof BOARD_REASONS]) : undefined;
}

function translatePersonReason(reason: string): string | undefined {
  const [, what] = /^a person keeps (the (?:lamp|zone) (?:on|off))$/.exec(reason) ?? [];
  return what && message(PERSON_REASONS[what as keyof typeof PERSON_REASONS]);
}

function translateRuleReason(reason: string): string | undefined {
  const match = /^(.+?) ([<≥]) ([\d.]+)(?:, (.+?))?(?:; (\d+) stale left out)?$/.exec(reason);
  if (!match) return undefined;
  const [, words, operator, limit, but, stale] = match;
  const light = translateLight(words);
  if (light === undefined) return undefined;
  const [, duration] = /^but (?:on|off) for at least (.+)$/.exec(but ?? "") ?? [];
  const values = { light, limit };
  let text: string;
  if (but === undefined) text = message(operator === "<" ? "reason.below" : "reason.above", values);
  else if (but === "where it goes off") text = message("reason.belowUpper", values);
  else if (duration === undefined) return undefined;
  else {
    const key = operator === "<" ? "reason.belowButOff" : "reason.aboveButOn";
    text = message(key, { ...values, duration: translateDuration(duration) });
  }
  return stale ? message("reason.staleLeftOut", { reason: text, count: Number(stale) }) : text;
}

function translateLight(words: string): string | undefined {
  const [, light] = /^light ([\d.]+)$/.exec(words) ?? [];
  if (light) return message("reason.light", { light });
  const match = /^(?:(\d+)\w\w )?(median|darkest|brightest) ([\d.]+) of (\d+) sensors?$/.exec(words);
  if (!match) return undefined;
  const [, number, which, level, sensors] = match;
  const values = { light: level, count: Number(sensors) };
  if (number) return message("reason.darkestNumber", { ...values, number: Number(number) });
  return message(COMBINE_REASONS[which as keyof typeof COMBINE_REASONS], values);
}

function translateDuration(text: string): string {
  const [value, unit] = text.split(" ");
  return formatUnit(Number(value), unit === "min" ? "minute" : "second", "short", Number(value) % 1 === 0 ? 0 : 1);
}

function translateHoursReason(reason: string): string | undefined {
  const match = /^(on|off) outside ([\d:]+) to ([\d:]+) \((.+)\)$/.exec(reason);
  if (!match) return undefined;
  const [, state, from, to, timeZone] = match;
  return message(state === "on" ? "reason.onOutside" : "reason.offOutside", { from, to, timeZone });
}

function translateMissingReason(reason: string): string | undefined {
  const match =
    /^(?:no sensor tells|(\d+) of the (\d+) sensors that are needed tell), (\d+) (?:is|are) stale; left as it is$/.exec(
      reason,
    );
  if (!match) return undefined;
  const [, reporting, needed, stale] = match;
  const count = Number(stale);
  if (!needed) return message("reason.noSensor", { count });
  return message("reason.tooFewSensors", { reporting: Number(reporting), needed: Number(needed), count });
}
