import type { EventEmitter } from "node:events";
import type { Cluster, ClusterMember } from "../cluster/cluster-parts.js";
import { VERSION } from "../common/version.js";
import { DeviceSettingsSource } from "../decisions/device-settings.js";
import type { Policy } from "../decisions/policy.js";
import { Zones } from "../decisions/zones/zones.js";
import { Devices, type Device } from "../devices/devices.js";
import type { History } from "../history/history.js";
import { RecentReadings } from "../history/recent.js";
import { Decoder } from "../ingest/decoder.js";
import { Ingest } from "../ingest/ingest.js";
import { Journal } from "../ingest/journal/journal.js";
import { LateSwitches } from "../ingest/late-switches.js";
import { Readings } from "../ingest/readings.js";
import { createCounters, type Counters } from "../observability/counters.js";
import { DecisionTimes } from "../observability/decision-times.js";
import type { Log } from "../observability/log.js";
import { RejectionLog } from "../observability/rejection-log.js";
import { Actions } from "../outputs/actions.js";
import { BlinkTracker } from "../outputs/blinking.js";
import { BoardConfigPublisher } from "../outputs/board-config.js";
import { DecisionPublisher } from "../outputs/decision-publisher.js";
import { DeviceCommands } from "../outputs/device-commands.js";
import { openDeviceMemory, type DeviceMemory } from "../outputs/device-memory.js";
import { HomeAssistant } from "../outputs/homeassistant/homeassistant.js";
import { LampCommands } from "../outputs/lamp-commands.js";
import { Lamps } from "../outputs/lamps.js";
import { Notifier, type EventStream } from "../outputs/notifier.js";
import { SOLE_OWNERSHIP } from "../outputs/ownership.js";
import type { ServerEvents } from "../outputs/server-events.js";
import { StorageFailureLog } from "../outputs/storage-failures.js";
import type { UpdateOptions } from "../config/options.js";
import type { UpdateKeys } from "../security/update-keys.js";
import type { DataFolder } from "../storage/data-folder.js";
import { serverStatusTopicOf } from "../transport/server-status.js";
import { Publisher } from "../transport/publisher.js";
import { zoneIdOf } from "../transport/scope.js";
import { defaultImageFolder } from "../updates/default-folder.js";
import { ImageFolder } from "../updates/image-folder.js";
import { ImageStore } from "../updates/image-store.js";
import { Rollouts } from "../updates/rollout.js";
import { NO_HTTP_PROBLEM, SHARED_BOARDS_PROBLEM } from "../updates/unavailable.js";
import { Updates } from "../updates/updates.js";

export interface PartsOptions {
  readonly log: Log;
  readonly folder: DataFolder;
  readonly history: History;
  readonly policy: Policy;
  readonly prefix: string;
  readonly updateKeys: UpdateKeys;
  readonly updateOptions: UpdateOptions;
  /** Whether the server has an HTTP port, to which the update adapters of boards connect. */
  readonly hasHttp: boolean;
  readonly discoveryPrefix: string;
  /** The address of the remote broker; undefined with the embedded broker. */
  readonly broker: { readonly host: string; readonly port: number } | undefined;
  /** Returns whether this server handles a device, according to its topic prefix and its setting `ids`. */
  isInScope(id: string): boolean;
  /** The cluster that this server belongs to; undefined for a single server. */
  readonly cluster: Cluster | undefined;
  readonly eventStream: EventStream;
  readonly emitter: EventEmitter<ServerEvents>;
}

/** All parts of a running server, such as counters, decisions, the journal and publishers. */
export interface Parts extends ClusterMember {
  readonly counters: Counters;
  readonly decisionTimes: DecisionTimes;
  readonly publisher: Publisher;
  readonly memory: DeviceMemory;
  readonly failures: StorageFailureLog;
  readonly settings: DeviceSettingsSource;
  readonly blinking: BlinkTracker;
  readonly commands: DeviceCommands;
  readonly updates: Updates;
  readonly rollouts: Rollouts;
  readonly journal: Journal;
}

/** Creates the parts of a server and connects them to each other. */
export function createParts(options: PartsOptions): Parts {
  const { log, folder, history, policy, prefix, cluster, emitter, eventStream } = options;
  const memory = cluster?.memory ?? openDeviceMemory(folder.values);
  const ownership = cluster?.ownership ?? SOLE_OWNERSHIP;
  const failures = new StorageFailureLog(log);
  const publisher = new Publisher();

  const counters = createCounters();
  const rejects = new RejectionLog(counters, log);
  const decisionTimes = new DecisionTimes();

  const zones: Zones = new Zones((id) => devices.get(id));
  const settings = new DeviceSettingsSource(policy, zones);
  const devices = new Devices((id) => settings.settingsOf(id));
  zones.apply(policy.zones);

  const recent = new RecentReadings();
  const own = new Journal({
    folder: folder.journal,
    recent,
    health: folder.health,
    // Add a reading to the history only after the journal has stored it. In the opposite order, a server that is killed
    // between the two steps would receive the reading again and record it twice.
    readingStored: (device, point) => history.addReading(device, point),
    unwrittenCount: () => history.stats.waiting,
    cleanupFailed: (problem) => log.error("server", `Old files in ${folder.journal} could not be deleted: ${problem}`),
    wasClosed: !folder.wasKilled,
    reportDamage: folder.damagedFiles.report,
  });
  const journal = cluster?.journal ?? own;

  const decisionPublisher = new DecisionPublisher(publisher);
  const discovery = { discoveryPrefix: options.discoveryPrefix, prefix, version: VERSION };
  const homeAssistant = new HomeAssistant({ ...discovery, memory: memory.discovery, log, publisher });
  const storeDevice = cluster && ((device: Device) => cluster.journal.storeDevice?.(device));
  const notifier = new Notifier({ log, history, decisionPublisher, homeAssistant, eventStream, emitter, storeDevice });
  const commandPublisher = new LampCommands(publisher, counters, log, emitter);
  const lamps = new Lamps({ devices, zones, commands: commandPublisher, notifier, ownership, memory, failures });
  const boardConfigs = new BoardConfigPublisher(publisher);
  boardConfigs.reporting = policy.reporting;
  const blinking = new BlinkTracker(lamps, notifier);
  const { health } = folder;
  const actions = new Actions({ memory, health, publisher, boardConfigs, blinking, failures, log });
  const outputs = { devices, lamps, actions, boardConfigs, decisionPublisher, notifier, publisher };
  const commands = new DeviceCommands({ ...outputs, memory, failures, history, recent, journal });

  const store = new ImageStore(folder.firmware, log);
  const updates = new Updates({
    ...{ devices, actions, log },
    folder: new ImageFolder(options.updateOptions.folder ?? defaultImageFolder(), log),
    store,
    unavailable: cluster ? SHARED_BOARDS_PROBLEM : options.hasHttp ? undefined : NO_HTTP_PROBLEM,
    keys: options.updateKeys,
    values: folder.values,
    timeouts: options.updateOptions.timeouts,
    deviceChanged: (device) => notifier.updateChanged(device),
  });
  const rollouts = new Rollouts({
    ...{ updates, devices, store, log },
    values: folder.values,
    changed: (view) => eventStream.publish("rollout", view),
  });

  const decoder = new Decoder(counters, rejects, notifier);
  const readings = new Readings({
    ...{ decoder, devices, lamps, journal, recent, notifier, counters, decisionTimes, rejects, log },
    lateSwitches: new LateSwitches(history),
  });
  const ingest = new Ingest({
    ...{ decoder, readings, devices, zones, commands, actions, boardConfigs, blinking, notifier, updates, rejects },
    isInScope: options.isInScope,
    statusTopic: serverStatusTopicOf(prefix),
    zonePrefix: zoneIdOf(prefix, ""),
    broker: options.broker,
  });

  return {
    ...{
      ingest,
      devices,
      zones,
      lamps,
      actions,
      boardConfigs,
      decisionPublisher,
      notifier,
      homeAssistant,
      recent,
      rejects,
    },
    ...{
      counters,
      decisionTimes,
      publisher,
      memory,
      failures,
      settings,
      blinking,
      commands,
      updates,
      rollouts,
      journal: own,
    },
  };
}
