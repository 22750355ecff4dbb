import type { EventEmitter } from "node:events";
import type { Actions } from "../outputs/actions.js";
import type { Custody } from "../cluster/handover.js";
import type { Counters } from "../observability/counters.js";
import type { DataFolder } from "../storage/data-folder.js";
import type { Device, Devices } from "../devices/devices.js";
import type { DeviceDirectory } from "../devices/directory.js";
import type { History } from "../history/history.js";
import type { Ingest } from "../ingest/ingest.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import type { Log } from "../observability/log.js";
import type { Policy } from "../decisions/policy.js";
import type { Recent } from "../history/recent.js";
import type { RejectionLog } from "../observability/rejection-log.js";
import type { ServerEvents } from "../outputs/server-events.js";
import type { Share } from "../ingest/share.js";
import type { Wishes } from "../outputs/device-commands.js";
import type { Zones } from "../decisions/zones/zones.js";

/** What the core is given. */
export interface CoreOptions {
  readonly log: Log;
  readonly emitter: EventEmitter<ServerEvents>;
  /** Whether a device is this server's. */
  owns(id: string): boolean;
  /** What stands before the names of boards, of zones, and of the server's own status. */
  readonly prefix: string;
  /** The server's own status topic. */
  readonly presence: string;
  /** What was remembered, and remembers. */
  readonly data: DataFolder;
  readonly history: History;
  readonly policy: Policy;
  /** Undefined when this server is the only one. */
  readonly share: Share | undefined;
  /** Publishes at QoS 1. */
  publish(topic: string, payload: Buffer, mode: PublishMode): void;
  /** A device changed or reported. */
  changed(device: Device): void;
  /** What is known of a device beside its readings is another: it appeared, told of itself, or was configured anew. */
  described(device: Device): void;
  /** A reading was decided upon, which took so many ms. */
  decided(ms: number): void;
}

/** What the server knows and decides, apart from how messages come and go. */
export interface Core extends Wishes {
  readonly ingest: Ingest;
  readonly counters: Counters;
  readonly rejects: RejectionLog;
  readonly devices: Devices;
  readonly zones: Zones;
  readonly recent: Recent;
  readonly actions: Actions;
  /** Readings that are not acknowledged, because they could not be stored yet. */
  readonly unacknowledged: number;
  readonly directory: DeviceDirectory;
  /** What this server takes up from others, and puts down for them. */
  readonly custody: Custody;
  /** From now on decisions go by this. */
  apply(policy: Policy): void;
  /** From now on changes are told: what is there at the start is no news. */
  announce(): void;
  /** Takes up what was not finished. To be called once, when `publish` works and before messages come. */
  begin(): void;
  /** The link is up again: what waited at the broker comes first, and what the broker was to keep may be lost. */
  linkedAgain(): void;
  /** Whether what waited at the broker is still coming. */
  readonly catchingUp: boolean;
  /** What waited at the broker has come. */
  caughtUp(): void;
  /** Returns when all that must survive is stored. */
  close(): Promise<void>;
}
