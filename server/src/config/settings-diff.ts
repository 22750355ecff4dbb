import type { Settings } from "./options.js";

/** Options whose change needs a restart, and the names of their settings in the file. */
const RESTART_SETTINGS = {
  broker: "broker",
  mqttPort: "mqtt_port",
  mqttsPort: "mqtts_port",
  httpPort: "http_port",
  http: "http",
  host: "host",
  httpNames: "http_names",
  ingress: "ingress",
  anonymous: "anonymous",
  prefix: "topic_prefix",
  ids: "ids",
  data: "data",
  state: "state",
  limits: "limits",
  tls: "tls",
  updates: "updates",
} as const satisfies Partial<Record<keyof Settings, string>>;

/** Returns the names of changed settings that need a restart. */
export function listRestartSettings(before: Settings, next: Settings): string[] {
  const hasChanged = (key: keyof typeof RESTART_SETTINGS): boolean =>
    JSON.stringify(before[key]) !== JSON.stringify(next[key]);
  const names: string[] = (Object.keys(RESTART_SETTINGS) as (keyof typeof RESTART_SETTINGS)[])
    .filter(hasChanged)
    .map((key) => RESTART_SETTINGS[key]);
  const prefixes = [before, next].map(({ homeAssistant }) => homeAssistant && homeAssistant.discoveryPrefix);
  if (prefixes[0] && prefixes[1] && prefixes[0] !== prefixes[1]) names.push("home_assistant");
  // Changed retention times need no restart. Another database needs a restart, and so does turning the history on or
  // off.
  const places = [before, next].map(({ history }) => history && (history.url ?? ""));
  if (places[0] !== places[1]) return [...names, "history"];
  return names;
}
