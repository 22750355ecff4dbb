/** The membership of the cluster as stored in Redis. */
export interface MembershipView {
  /** The number of the current epoch. A change of the members begins a new epoch. */
  readonly epoch: number;
  /** The names of the servers, sorted. */
  readonly members: readonly string[];
  /** Whether this server has just become a member. */
  readonly joined: boolean;
  /** Whether every member has released the devices and zones that it will not own in this epoch. */
  readonly allReleased: boolean;
  /** An identifier of the data in Redis. If it differs from the last one, Redis may have lost data. */
  readonly memory: string;
  /** Former members whose MQTT session must still be drained. The value is when the member left, by Redis's clock. */
  readonly undrained: ReadonlyMap<string, number>;
  /** The current time of Redis's clock, in ms since 1970. */
  readonly time?: number;
}

/**
 * The last epoch and members that a server remembers. If Redis has lost its data, the cluster continues from this
 * state.
 */
export type LastMembership = Pick<MembershipView, "epoch" | "members">;

/** Connects the servers of a cluster: membership with leases, and messages between servers. */
export interface Hub {
  /** Starts to receive messages from other servers. */
  listen(handlers: HubHandlers): Promise<void>;
  /**
   * Joins the cluster, or renews the lease. The cluster removes a server that does not renew its lease in time or has
   * lost its subscription in Redis.
   * @param lease length of the lease, in ms
   * @param settled the last epoch for which this server has released everything that other servers own
   * @param known the last known membership; undefined if this server is not a member yet
   */
  renew(lease: number, settled: number, known?: LastMembership): Promise<MembershipView>;
  /** Begins a new epoch, so that all members release and adopt their devices again. */
  bumpEpoch(): Promise<void>;
  /** Removes this server from the cluster. */
  leave(): Promise<void>;
  /** Records that the MQTT session of a former member is drained. */
  sessionDrained(member: string): Promise<void>;
  /** Sends a message to a member. Resolves to true if the member has received the message, and to false otherwise. */
  send(to: string, message: string | Buffer): Promise<boolean>;
  close(): Promise<void>;
}

export interface HubHandlers {
  /** Called with a message from another server. */
  message(bytes: Buffer): void;
  /** Called when the membership may have changed. The handler renews the lease to get the new membership. */
  changed(): void;
  /** Called when the subscription in Redis is lost. When the subscription is restored, `changed` is called. */
  unsubscribed(): void;
}
