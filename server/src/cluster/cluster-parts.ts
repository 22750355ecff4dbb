import type { Policy } from "../decisions/policy.js";
import type { Zones } from "../decisions/zones/zones.js";
import type { Devices } from "../devices/devices.js";
import type { History } from "../history/history.js";
import type { RecentReadings } from "../history/recent.js";
import type { Ingest } from "../ingest/ingest.js";
import type { ReadingsJournal } from "../ingest/readings-journal.js";
import type { Log } from "../observability/log.js";
import type { RejectionLog } from "../observability/rejection-log.js";
import type { Actions } from "../outputs/actions.js";
import type { BoardConfigPublisher } from "../outputs/board-config.js";
import type { DecisionPublisher } from "../outputs/decision-publisher.js";
import type { DeviceMemory } from "../outputs/device-memory.js";
import type { HomeAssistant } from "../outputs/homeassistant/homeassistant.js";
import type { Lamps } from "../outputs/lamps.js";
import type { Notifier } from "../outputs/notifier.js";
import type { Ownership } from "../outputs/ownership.js";
import type { DataFolder } from "../storage/data-folder.js";
import type { BrokerConnectionHandlers, BrokerConnection } from "../transport/broker-connection.js";
import type { Scope } from "../transport/scope.js";
import type { BrokerAddress } from "../transport/url.js";
import type { Peers } from "./peers.js";

export interface ClusterOptions {
  /** The URL of the Redis database, with the scheme redis:// or rediss://. */
  readonly url: string;
  readonly broker: BrokerAddress;
  readonly scope: Scope;
  readonly prefix: string;
  readonly policy: Policy;
  readonly folder: Pick<DataFolder, "serverId" | "run">;
  readonly log: Log;
  readonly history: Pick<History, "addReading">;
}

/** The parts of this server that the cluster code uses. */
export interface ClusterMember {
  readonly ingest: Ingest;
  readonly devices: Devices;
  readonly zones: Zones;
  readonly lamps: Lamps;
  readonly actions: Actions;
  readonly boardConfigs: BoardConfigPublisher;
  readonly decisionPublisher: DecisionPublisher;
  readonly notifier: Notifier;
  readonly homeAssistant: HomeAssistant;
  readonly recent: RecentReadings;
  readonly rejects: RejectionLog;
}

/** A cluster: several servers at one broker. Each server controls some of the devices. */
export interface Cluster {
  /** Overrides and actions, stored in Redis for all servers. */
  readonly memory: DeviceMemory;
  /** Stores readings in Redis for all servers. */
  readonly journal: ReadingsJournal;
  readonly ownership: Ownership;
  /** Handles a message from the broker, or forwards the message to the server that owns the device. */
  message: BrokerConnectionHandlers["message"];
  /** Connects to the broker with shared subscriptions. Passes the messages that this server owns to `member`. */
  connect(member: ClusterMember, topics: readonly string[], handlers: BrokerConnectionHandlers): BrokerConnection;
  /** Joins the cluster. The server then receives devices to control. */
  start(): Promise<void>;
  /** The name of this server in the cluster. */
  readonly me: string;
  readonly peers: Peers;
  /** Returns the server that owns a device or a zone. Returns undefined while ownership moves between servers. */
  ownerOf(id: string): string | undefined;
  /** Explains why this server should not receive HTTP requests yet; "" if the server is ready. */
  problem(): string;
  /**
   * Reports damaged data in Redis.
   * @param where the key or the channel
   */
  reportDamage(where: string, problem: string): void;
  /** Applies a policy. If the zones now group devices differently, the servers distribute all devices again. */
  apply(policy: Policy): void;
  close(): Promise<void>;
}
