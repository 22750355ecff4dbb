/** The public API of nightlight-server, for programs that use the server as a library. */

export { startServer, type NightlightServer } from "./app/server.js";
export type { ServerOptions } from "./config/options.js";
export type { ServerEvents } from "./outputs/server-events.js";
export type { DeviceDirectory } from "./devices/directory.js";
export type { DeviceView } from "./devices/devices.js";
export type { Mode } from "./devices/override.js";
export type { ZoneSensor, ZoneView } from "./decisions/zones/view.js";
export type { DevicePolicy, Hours, Policy, Reporting, ZonePolicy } from "./decisions/policy.js";
export type { Action, Outcome } from "./outputs/action.js";
export type { Point } from "./history/recent.js";
export type { Counters, Rejection } from "./observability/counters.js";
export type { Plugin, PluginContext } from "./http/plugin.js";
export {
  createLog,
  silentLog,
  type Log,
  type LogFields,
  type LogFormat,
  type LogMessages,
  type LogOutput,
} from "./observability/log.js";
export { StartError, UsageError } from "./common/errors.js";
export { createCommand, optionsFrom, parsingProblem } from "./app/cli.js";
export { loadConfiguration, type LoadedConfiguration } from "./config/load.js";
export { LiveConfiguration, type LiveConfigurationOptions } from "./config/edit/live-configuration.js";
export { reload, type Reloadable, type ReloadOptions } from "./config/reload.js";
export { handleReloadSignal, onReloadSignal, type ReloadSignal } from "./app/reload-signal.js";
export { ConfigurationError, type Problem } from "./config/problems.js";
export type { Guest } from "./security/guests.js";
export { passwordWeakness } from "./security/password-strength.js";
export { VERSION } from "./common/version.js";
export { handleTerminationSignals, closeStarted, closeOnTermination, type TerminationSignals } from "./app/signals.js";
export { redactUrl } from "./security/redact.js";
export { withSettingNames } from "./config/origins.js";
