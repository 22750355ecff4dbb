/** Who takes part, as the hub knows it. */
export interface Roll {
  /** Another number whenever the members are others. */
  readonly epoch: number;
  /** In order. */
  readonly members: readonly string[];
  /** Whether this server was not among them until now. */
  readonly joined: boolean;
  /** Whether each of them has put down what is not its own in this epoch. */
  readonly settled: boolean;
  /** Names what the hub remembers: another text when it may have forgotten something since it said so last. */
  readonly memory: string;
  /** Members that are gone, and whose sessions at the broker nobody has emptied yet: when they went, by the hub's clock. */
  readonly gone: ReadonlyMap<string, number>;
  /** What time it was at the hub, in ms since 1970. */
  readonly time?: number;
}

/** What a member knows of the roll on which it was last. A hub that has lost its memory goes on from there. */
export type Known = Pick<Roll, "epoch" | "members">;

/** Where servers side by side know of each other, and hand each other messages. */
export interface Hub {
  /** What others tell this server; they may from now on. */
  listen(handlers: HubHandlers): Promise<void>;
  /**
   * Takes part for so long from now on, in ms, or goes on to. Who has not renewed in time, or does not listen any more,
   * is taken off.
   * @param settled the last epoch in which this server has put down what is not its own
   * @param known undefined when this server is no member yet
   */
  renew(lease: number, settled: number, known?: Known): Promise<Roll>;
  /** Everybody is to put down and take up once more: how things are shared out is another. */
  stir(): Promise<void>;
  /** Takes part no longer. */
  leave(): Promise<void>;
  /** The session of a member that is gone is emptied. */
  emptied(member: string): Promise<void>;
  /** Tells a member something; gives whether somebody listened. */
  send(to: string, word: string | Buffer): Promise<boolean>;
  close(): Promise<void>;
}

export interface HubHandlers {
  /** Somebody told this server something. */
  told(word: Buffer): void;
  /** The roll may be another one. */
  changed(): void;
  /** Nothing is heard any more, until `changed` says otherwise. */
  deaf(): void;
}
