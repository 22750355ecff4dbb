import type { Core } from "../app/core-parts.js";
import type { DataFolder } from "../storage/data-folder.js";
import type { Device } from "../devices/devices.js";
import type { History } from "../history/history.js";
import type { BrokerConnectionHandlers, BrokerConnection } from "../transport/broker-connection.js";
import type { Scope } from "../transport/scope.js";
import type { BrokerAddress } from "../transport/url.js";
import type { Log } from "../observability/log.js";
import type { Policy } from "../decisions/policy.js";
import type { Share } from "../ingest/share.js";
import type { Peers } from "./peers.js";

export interface ClusterOptions {
  /** redis:// or rediss:// */
  readonly url: string;
  readonly broker: BrokerAddress;
  readonly scope: Scope;
  readonly prefix: string;
  readonly policy: Policy;
  readonly folder: DataFolder;
  readonly log: Log;
  readonly history: Pick<History, "addReading">;
  /** A device is this server's from now on, or is no more. */
  taken(device: Device): void;
  released(id: string): void;
  /** Redis may have lost its memory: what this server stored there is to be stored again. */
  lost(): Promise<void>;
}

/** Servers side by side at one broker: what the others do is not done here, and what they leave is. */
export interface Cluster {
  /** Remembers devices and zones where all servers find them. */
  readonly data: DataFolder;
  /** This server's part. */
  readonly share: Share;
  /** Takes a message from the broker: it is for this server or for another. */
  message: BrokerConnectionHandlers["message"];
  /** The link, which shares the devices' messages with other servers, and by which `core` hears its own of them. */
  link(core: Core, topics: readonly string[], handlers: BrokerConnectionHandlers): BrokerConnection;
  /** Takes part from now on. */
  start(): Promise<void>;
  /** This server, as others call it. */
  readonly me: string;
  readonly peers: Peers;
  /** Which server decides about a device or a zone; undefined while that is not settled. */
  ownerOf(id: string): string | undefined;
  /** Why this server should not be sent requests yet; "" when it should. */
  problem(): string;
  /** Something from Redis is not as servers write it, and is ignored. @param where the key or the channel */
  damaged(where: string, problem: string): void;
  /** From now on zones link other devices. */
  apply(policy: Policy): void;
  close(): Promise<void>;
}
