/** Checks for conflicts between settings that are valid on their own. */
import { readFileSync } from "node:fs";
import { CONFIG, LESSON_RULE } from "../../../contract/index.js";
import { DEFAULT_OPTIONS } from "./options.js";
import { parseTimeOfDay } from "../common/duration.js";
import { isMapping, toScalarText, type Mapping } from "./paths.js";
import { unreadableReason, type Path } from "./problems.js";

/**
 * Reports that a setting is wrong.
 * @param sentence the error message, which follows the name of the setting
 * @param key true if the name of the setting is wrong, false if its value is wrong
 */
export type ReportProblem = (path: Path, sentence: string, key?: boolean) => void;

/** Settings that the schema has not validated. The checks skip invalid values, which the schema reports. */
type UncheckedSettings = Mapping;

const mappingOrEmpty = (value: unknown): UncheckedSettings => (isMapping(value) ? value : {});
const numberOrUndefined = (value: unknown): number | undefined =>
  Number.isFinite(value) ? (value as number) : undefined;
const listOrEmpty = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Reports all conflicts between the settings of file, environment and flags. */
export function checkCombinations(settings: UncheckedSettings, report: ReportProblem): void {
  checkNames(settings, report);
  checkPorts(settings, report);
  checkTls(settings, report);
  checkBroker(mappingOrEmpty(settings.broker), report);
  checkState(settings, report);
  checkAlerts(mappingOrEmpty(settings.alerts), report);
  const rule = mappingOrEmpty(settings.rule);
  checkRuleReach(["rule"], rule, {}, report);
  for (const [id, device] of Object.entries(mappingOrEmpty(settings.devices)))
    checkRuleReach(["devices", id, "rule"], mappingOrEmpty(mappingOrEmpty(device).rule), rule, report);
  const lamps = new Map<unknown, string>();
  for (const [name, value] of Object.entries(mappingOrEmpty(settings.zones))) {
    const zone = mappingOrEmpty(value);
    checkRuleReach(["zones", name], zone, rule, report);
    checkZone(["zones", name], zone, report);
    listOrEmpty(zone.lamps).forEach((lamp, index) => {
      const other = lamps.get(lamp);
      if (other !== undefined && other !== name)
        report(["zones", name, "lamps", index], `is ${toScalarText(lamp)}, a lamp of zone ${other} already; a lamp is in one zone at most.`); // prettier-ignore
      lamps.set(lamp, other ?? name);
    });
  }
}

/** Rejects `__proto__` as a name of a zone or device, because zod would silently drop this key. */
function checkNames(settings: UncheckedSettings, report: ReportProblem): void {
  for (const kind of ["zones", "devices"])
    if (Object.hasOwn(mappingOrEmpty(settings[kind]), "__proto__"))
      report([kind, "__proto__"], "is not a name that is allowed here: JavaScript reserves it; choose another.", true);
}

function checkPorts(settings: UncheckedSettings, report: ReportProblem): void {
  const own = mappingOrEmpty(settings.broker).url === undefined;
  const listening: [name: string, otherwise: number, there: boolean][] = [
    ["mqtt_port", DEFAULT_OPTIONS.mqttPort, own],
    ["mqtts_port", DEFAULT_OPTIONS.mqttsPort, own && settings.tls !== undefined],
    ["http_port", DEFAULT_OPTIONS.httpPort, settings.http !== false],
  ];
  const taken = new Map<number, string>();
  for (const [name, otherwise, there] of listening) {
    const port = numberOrUndefined(settings[name]) ?? otherwise;
    if (!there || port === 0) continue;
    const other = taken.get(port);
    // Both ports are equal. Report the one that the user has set, because the other one may be a default.
    const [wrong, right] = settings[name] === undefined ? [other, name] : [name, other];
    if (other !== undefined) report([wrong!], `is ${port}, as ${right} is; a port serves one of them.`);
    taken.set(port, name);
  }
}

function checkTls(settings: UncheckedSettings, report: ReportProblem): void {
  const tls = mappingOrEmpty(settings.tls);
  if (settings.mqtts_port !== undefined && settings.tls === undefined)
    report(["mqtts_port"], "is of no use without a certificate: give tls > cert and tls > key as well.");
  if (settings.tls !== undefined && (tls.cert === undefined || tls.key === undefined)) {
    const [is, misses] = tls.cert === undefined ? ["key", "cert"] : ["cert", "key"];
    const path = tls[is] === undefined ? ["tls"] : ["tls", is];
    report(path, tls[is] === undefined ? "needs both cert and key." : `needs tls > ${misses} beside it.`);
  }
  if (tls.require_client_certificate === true && tls.client_ca === undefined)
    report(["tls", "require_client_certificate"], "needs tls > client_ca, the authorities of those certificates.");
  for (const name of ["cert", "key", "client_ca"]) checkFile(["tls", name], tls[name], report);
}

function checkState(settings: UncheckedSettings, report: ReportProblem): void {
  if (settings.state !== undefined && mappingOrEmpty(settings.broker).url === undefined)
    report(["state"], "is for servers side by side at one broker: give broker > url as well.");
}

function checkBroker(broker: UncheckedSettings, report: ReportProblem): void {
  if (broker.password !== undefined && broker.password_file !== undefined)
    report(["broker", "password_file"], "is there beside broker > password; keep one.");
  checkFile(["broker", "password_file"], broker.password_file, report);
}

function checkAlerts(alerts: UncheckedSettings, report: ReportProblem): void {
  const secrets = [
    ["webhook", "webhook_authorization"],
    ["ntfy", "ntfy_token"],
  ] as const;
  for (const [channel, secret] of secrets) {
    const fileName = `${secret}_file`;
    for (const name of [secret, fileName])
      if (alerts[name] !== undefined && alerts[channel] === undefined)
        report(["alerts", name], `is of no use without alerts > ${channel}.`);
    if (alerts[secret] !== undefined && alerts[fileName] !== undefined)
      report(["alerts", fileName], `is there beside alerts > ${secret}; keep one.`);
    checkFile(["alerts", fileName], alerts[fileName], report);
  }
}

function checkFile(path: Path, file: unknown, report: ReportProblem): void {
  if (typeof file !== "string") return;
  try {
    readFileSync(file);
  } catch (error) {
    report(path, `names ${file}, which cannot be read: ${unreadableReason(error)}.`);
  }
}

/**
 * Reports a rule that would keep a lamp on forever, because threshold + hysteresis is above the highest light level.
 */
function checkRuleReach(path: Path, own: UncheckedSettings, above: UncheckedSettings, report: ReportProblem): void {
  if (own.threshold === undefined && own.hysteresis === undefined) return;
  const threshold = numberOrUndefined(own.threshold) ?? numberOrUndefined(above.threshold) ?? LESSON_RULE.threshold;
  const hysteresis = numberOrUndefined(own.hysteresis) ?? numberOrUndefined(above.hysteresis) ?? LESSON_RULE.hysteresis;
  const brightest = CONFIG.threshold.maximum;
  if (threshold > brightest || hysteresis > brightest || threshold + hysteresis <= brightest) return;
  report(
    [...path, own.hysteresis === undefined ? "threshold" : "hysteresis"],
    `would keep a lamp on forever: it goes off at threshold + hysteresis = ${threshold + hysteresis}, but the brightest light is ${brightest}.`,
  );
}

function checkZone(path: Path, zone: UncheckedSettings, report: ReportProblem): void {
  for (const role of ["sensors", "lamps"]) {
    const ids = listOrEmpty(zone[role]);
    ids.forEach((id, index) => {
      if (ids.indexOf(id) < index)
        report([...path, role, index], `is ${toScalarText(id)}, which is in this list already; keep one.`);
    });
  }
  const atLeast = numberOrUndefined(zone.at_least);
  const sensors = new Set(listOrEmpty(zone.sensors)).size;
  if (zone.combine === "at_least" && zone.at_least === undefined)
    report([...path, "combine"], "is at_least, which needs at_least: how many sensors must be dark.");
  if (atLeast !== undefined && zone.combine !== "at_least")
    report([...path, "at_least"], "is of no use without combine: at_least.");
  else if (atLeast !== undefined && sensors > 0 && atLeast > sensors)
    report([...path, "at_least"], `is ${atLeast}, but the zone has ${sensors === 1 ? "one sensor" : `${sensors} sensors`}; so many can never be dark.`); // prettier-ignore
  const { from, to } = mappingOrEmpty(zone.hours);
  const [begin, end] = [from, to].map((time) => parseTimeOfDay(toScalarText(time)));
  if (begin !== undefined && begin === end)
    report([...path, "hours", "to"], `is ${toScalarText(to)}, as from is, so that the hours would be empty; leave hours out for all day.`); // prettier-ignore
}
