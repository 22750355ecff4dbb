/** The membership of the cluster, as Redis knows it. */
export interface MembershipView {
  /** A number that grows whenever the members change. */
  readonly epoch: number;
  /** The names of the servers, sorted. */
  readonly members: readonly string[];
  /** Whether this server has just become a member. */
  readonly joined: boolean;
  /** Whether every member has released what it does not own in this epoch. */
  readonly allReleased: boolean;
  /** An identifier that changes when Redis may have lost data. */
  readonly memory: string;
  /** Former members whose MQTT session nobody has drained yet, with the time when they left, by Redis's clock. */
  readonly undrained: ReadonlyMap<string, number>;
  /** The time of Redis's clock, in ms since 1970. */
  readonly time?: number;
}

/** What a member knows about the last membership. If Redis has lost its data, it continues from there. */
export type LastMembership = Pick<MembershipView, "epoch" | "members">;

/** Connects the servers of a cluster: membership with leases, and messages between servers. */
export interface Hub {
  /** Starts to receive messages of other servers. */
  listen(handlers: HubHandlers): Promise<void>;
  /**
   * Joins the cluster or renews the lease. A server that does not renew in time, or no longer listens, is removed.
   * @param lease in ms from now
   * @param settled the last epoch in which this server has released what it does not own
   * @param known undefined if this server is not a member yet
   */
  renew(lease: number, settled: number, known?: LastMembership): Promise<MembershipView>;
  /** Increments the epoch, so that all members release and adopt again. */
  bumpEpoch(): Promise<void>;
  /** Leaves the cluster. */
  leave(): Promise<void>;
  /** Notes that the MQTT session of a former member is drained. */
  sessionDrained(member: string): Promise<void>;
  /** Sends a message to a member. Returns whether the member received it. */
  send(to: string, message: string | Buffer): Promise<boolean>;
  close(): Promise<void>;
}

export interface HubHandlers {
  /** A message from another server. */
  message(bytes: Buffer): void;
  /** The membership may have changed. */
  changed(): void;
  /** The subscription is lost until `changed` is called. */
  unsubscribed(): void;
}
