/** Texts about settings: display names, help and values. */

import { message } from "../messages/message.js";
import type { MessageArguments, MessageKey } from "../messages/types.js";
import type { SettingDescription } from "./client.js";

/** Key of a message without placeholders. */
type PlainKey = { [Key in MessageKey]: MessageArguments<Key> extends [] ? Key : never }[MessageKey];

interface SettingTexts {
  readonly label: PlainKey;
  readonly help?: PlainKey;
  /** The texts of the values of a choice. */
  readonly values?: Readonly<Record<string, PlainKey>>;
}

const ON_OFF = { on: "state.on", off: "state.off" } as const;

/** The texts by the last key of a setting's path. */
const SETTING_TEXTS: Readonly<Record<string, SettingTexts>> = {
  threshold: { label: "settings.threshold", help: "settings.thresholdHelp" },
  hysteresis: { label: "settings.hysteresis", help: "settings.hysteresisHelp" },
  min_on: { label: "settings.minOn" },
  min_off: { label: "settings.minOff" },
  report: {
    label: "settings.report",
    values: { change: "settings.reportChange", interval: "settings.reportInterval" },
  },
  interval: { label: "settings.interval", help: "settings.intervalHelp" },
  sample: { label: "settings.sample" },
  dead_band: { label: "settings.deadBand" },
  heartbeat: { label: "settings.heartbeat" },
  offline: {
    label: "settings.offline",
    values: { keep: "settings.offlineKeep", latest: "settings.offlineLatest" },
  },
  alone_after: { label: "settings.aloneAfter", help: "settings.aloneAfterHelp" },
  history: { label: "settings.keepHistory" },
  readings: { label: "settings.readings" },
  switches: { label: "settings.switches" },
  home_assistant: { label: "settings.discovery" },
  discovery_prefix: { label: "settings.discoveryPrefix" },
  label: { label: "settings.label" },
  sensors: { label: "settings.sensors" },
  lamps: { label: "settings.lamps" },
  combine: {
    label: "settings.combine",
    values: {
      median: "settings.combineMedian",
      any: "settings.combineAny",
      all: "settings.combineAll",
      at_least: "settings.combineAtLeast",
    },
  },
  at_least: { label: "settings.atLeast" },
  stale_after: { label: "settings.staleAfter" },
  hours: { label: "settings.hours" },
  from: { label: "settings.from" },
  to: { label: "settings.to" },
  time_zone: { label: "settings.timeZone" },
  outside: { label: "settings.outside", values: ON_OFF },
  ntfy: { label: "alerts.ntfyTopic", help: "alerts.ntfyTopicHelp" },
  webhook: { label: "alerts.webhookUrl", help: "alerts.webhookUrlHelp" },
  after: { label: "alerts.after", help: "alerts.afterHelp" },
  page: { label: "alerts.page", help: "alerts.pageHelp" },
};

/** Returns the display name of a setting; without one, the key from the configuration file. */
export function labelOf(path: readonly (string | number)[]): string {
  const text = textsOf(path);
  return text ? message(text.label) : path.join(" > ");
}

/** Returns the display name of a setting with the board or zone that it belongs to. */
export function fullLabelOf(path: readonly string[]): string {
  const [kind, owner] = path;
  return (kind === "devices" || kind === "zones") && path.length > 2 ? `${owner}: ${labelOf(path)}` : labelOf(path);
}

/** Returns the texts of a setting; undefined if it has none, or if the path is that of a whole board or zone. */
function textsOf(path: readonly (string | number)[]): SettingTexts | undefined {
  const key = String(path.at(-1));
  const isOwner = path.length === 2 && (path[0] === "devices" || path[0] === "zones");
  return Object.hasOwn(SETTING_TEXTS, key) && !isOwner ? SETTING_TEXTS[key] : undefined;
}

/** Returns the help text of a setting, with the range of its values; "" if there is no text. */
export function helpOf({ path, minimum, maximum }: SettingDescription): string {
  const help = textsOf(path)?.help;
  const range =
    minimum === undefined || maximum === undefined
      ? ""
      : message("settings.range", { from: formatRawValue(minimum), to: formatRawValue(maximum) });
  return [help ? message(help) : "", range].filter(Boolean).join(" ");
}

/** Returns a value of a setting as text. */
export function valueText(path: readonly (string | number)[], value: unknown): string {
  if (value === undefined || value === null) return message("settings.unset");
  const text = textsOf(path)?.values?.[String(value)];
  if (text) return message(text);
  if (Array.isArray(value)) return value.join(", ") || message("settings.none");
  if (typeof value === "object")
    return Object.entries(value as Readonly<Record<string, unknown>>)
      .map(([key, inner]) => `${labelOf([key])}: ${valueText([key], inner)}`)
      .join("; ");
  return formatRawValue(value);
}

/** Formats a value that has no text of its own, as it is in the configuration file. */
function formatRawValue(value: unknown): string {
  if (value === true) return message("state.on");
  if (value === false) return message("state.off");
  return value === "forever" ? message("settings.forever") : String(value);
}
