/** nightlight-server as a library. */

export { startServer, type NightlightServer } from "./server.js";
export type { ServerOptions } from "./options.js";
export type { ServerEvents } from "./server-events.js";
export type { DeviceDirectory } from "./directory.js";
export type { DeviceView } from "./devices.js";
export type { Mode } from "./override.js";
export type { ZoneSensor, ZoneView } from "./zones/view.js";
export type { DevicePolicy, Hours, Policy, Reporting, ZonePolicy } from "./policy.js";
export type { Action, Outcome } from "./actions.js";
export type { Point } from "./recent.js";
export type { Counters, Rejection } from "./counters.js";
export type { Plugin, PluginContext } from "./http/plugin.js";
export {
  createLog,
  silentLog,
  type Log,
  type LogFields,
  type LogFormat,
  type LogMessages,
  type LogOutput,
} from "./log.js";
export { StartError, UsageError } from "./errors.js";
export { createCommand, optionsFrom, parsingProblem } from "./cli.js";
export { loadConfiguration, type LoadedConfiguration } from "./config/load.js";
export { reload, type Reloadable, type Reloading } from "./config/reload.js";
export { catchHangups, onHangup, type Hangups } from "./app/hangup.js";
export { ConfigurationError, type Problem } from "./config/problems.js";
export type { Guest } from "./security/guests.js";
export { passwordWeakness } from "./security/password-strength.js";
export { VERSION } from "./version.js";
export { catchSignals, closeStarted, endOnSignals, type Signals } from "./app/signals.js";
export { redactUrl } from "./security/redact.js";
export { inTermsOf } from "./config/origins.js";
