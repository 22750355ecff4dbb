import type { Zone } from "../decisions/zones/zone.js";
import type { Device, Devices } from "../devices/devices.js";
import type { History } from "../history/history.js";
import type { StorageHealth } from "../storage/health.js";
import type { Alert, Finding } from "./alert.js";
import { LOSS_END_DELAY, type Losses } from "./losses.js";
import { MAX_OPEN_ALERTS, type AlertTracker } from "./tracker.js";

/** The parts of the server that are checked for problems. */
export interface ProblemSources {
  readonly devices: Devices;
  readonly zones: Iterable<Zone>;
  /** Whether this server decides about a zone. */
  ownsZone(name: string): boolean;
  readonly health: Pick<StorageHealth, "problem">;
  readonly history: Pick<History, "stats" | "problem">;
  /** Why the server has no connection to the broker, as a sentence; "" while it has one. */
  brokerProblem(): string;
  /** Why the update of all boards has stopped by itself, as a sentence; "" otherwise. */
  rolloutProblem(): string;
}

/** The inputs of one check, in addition to the state of the server. */
interface CheckContext {
  /** The time of the check, in ms by the monotonic clock. */
  readonly now: number;
  /** When the server started, in ms by the monotonic clock. */
  readonly startedAt: number;
  /** How long a problem must last before it becomes an alert, in ms. */
  readonly grace: number;
  readonly tracker: Pick<AlertTracker, "openAlerts" | "openAlertsOf">;
}

/** Finds the problems that the server has now. */
export class ProblemFinder {
  readonly #sources: ProblemSources;
  readonly #losses: Losses;
  #rowsLost = 0;
  /** When the server last noticed that rows of the history were lost; undefined if none were lost. */
  #rowsLostAt: number | undefined;

  constructor(sources: ProblemSources, losses: Losses) {
    this.#sources = sources;
    this.#losses = losses;
  }

  *find(context: CheckContext): Generator<Finding> {
    const { now, startedAt, grace, tracker } = context;
    if (now - startedAt >= grace) return yield* this.#findAll(context);
    const found = new Set<Alert | undefined>();
    for (const finding of this.#findAll(context)) {
      found.add(tracker.openAlertsOf(finding.kind).get(finding.subject));
      yield finding;
    }
    // Boards need time to reconnect after a restart of the server. Until then, keep alerts of the earlier run open
    // unless the problem is certainly over.
    for (const alert of tracker.openAlerts)
      if (!found.has(alert) && !this.#isOver(alert)) yield { ...alert, uncertain: true };
  }

  *#findAll(context: CheckContext): Generator<Finding> {
    const { devices, zones, ownsZone } = this.#sources;
    yield* this.#serverProblems(context);
    for (const zone of zones) if (ownsZone(zone.policy.name)) yield* findZoneProblems(zone, context);
    const { now, startedAt, grace, tracker } = context;
    const open = tracker.openAlertsOf("board-offline");
    let room = MAX_OPEN_ALERTS - open.size;
    for (const device of devices) {
      if (device.online !== true) {
        const since = device.since ?? startedAt;
        // Skip problems that cannot become an alert yet: findings for 100,000 offline boards would take half a second.
        const isOpen = open.has(device.id);
        if (isOpen || (now - since >= grace && room-- > 0)) yield createOfflineFinding(device, since);
      }
      const lost = this.#losses.countLost(device, now);
      if (lost > 0) yield createLossFinding(device, lost);
    }
  }

  *#serverProblems({ now }: CheckContext): Generator<Finding> {
    const { health, history, brokerProblem, rolloutProblem } = this.#sources;
    const server = { subject: "", label: "" };
    const storage = health.problem || history.problem;
    if (storage) yield { ...server, kind: "storage-failing", text: storage };
    const broker = brokerProblem();
    if (broker) yield { ...server, kind: "broker-disconnected", text: broker };
    const rollout = rolloutProblem();
    if (rollout) yield { ...server, kind: "rollout-stopped", text: `The update of all boards has stopped. ${rollout}` };
    if (history.stats.lost > this.#rowsLost) this.#rowsLostAt = now;
    this.#rowsLost = history.stats.lost;
    if (this.#rowsLostAt !== undefined && now - this.#rowsLostAt < LOSS_END_DELAY)
      yield {
        ...server,
        kind: "readings-lost",
        text: "The history has lost readings or switches, because they could not be written. See the log for the reason.",
      };
  }

  /** Returns whether the problem of an alert is certainly over. The present findings must not contain the alert. */
  #isOver({ kind, subject }: Alert): boolean {
    if (kind === "board-offline") return this.#sources.devices.get(subject) !== undefined;
    return kind === "zone-without-sensor";
  }
}

function createOfflineFinding({ id, label = id }: Device, since: number): Finding {
  return { kind: "board-offline", subject: id, label, text: `Board ${label} is offline.`, since };
}

function createLossFinding({ id, label = id }: Device, count: number): Finding {
  const readings = count === 1 ? "a reading" : `${count} readings`;
  return { kind: "readings-lost", subject: id, label, text: `Board ${label} has lost ${readings}.`, count };
}

function* findZoneProblems(zone: Zone, { now, startedAt }: CheckContext): Generator<Finding> {
  const { name, label = name, stale_after: staleAfter } = zone.policy;
  const freshUntil = zone.freshUntil;
  if (freshUntil !== undefined && now < freshUntil) return;
  yield {
    kind: "zone-without-sensor",
    subject: name,
    label,
    text: `Zone ${label} has no fresh sensor, so that its lamps stay as they are.`,
    // A sensor may report only once in `staleAfter`, so the state of the zone is unknown for this time after a start.
    uncertain: freshUntil === undefined && now - startedAt < staleAfter,
  };
}
