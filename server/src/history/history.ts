/** Of whom something is remembered: a `Device` is one. */
export interface Recorded {
  readonly id: string;
  /** Kept by the history: the number by which it knows the device; 0 when it does not. It says nothing to another history. */
  recorded: number;
}

/** A reading to be remembered. Its time is one of the monotonic clock; the history dates it. */
export interface HistoryReading {
  readonly time: number;
  /** An earlier run of the server dated it: its time is in ms since 1970. */
  readonly isDated?: boolean;
  /** 0 to 1023; kept to a quarter. */
  readonly light: number;
  /** As in the contract: together they name the reading, so that PostgreSQL knows one that is delivered again. */
  readonly boot?: number;
  readonly seq?: number;
}

/** A lamp was switched, or is found to be on or off for the first time. */
export interface HistorySwitch {
  /** When it is added, by the monotonic clock; in answers, in ms since 1970. */
  readonly time: number;
  readonly led_on: boolean;
  /** Who did it: the server's rule, a person, or the board on its own. */
  readonly by: "server" | "person" | "device";
  /** Why, in a sentence; "" when nobody knows. */
  readonly reason: string;
}

/** What is asked: from included, to not, in ms since 1970; in at most so many buckets. */
export interface HistoryQuery {
  readonly device: string;
  readonly from: number;
  readonly to: number;
  /** 1 to 5,000. */
  readonly points: number;
}

/**
 * The readings of one stretch of time, as a plot wants them: no spike is lost. Stretches begin at whole multiples of
 * their length since 1970, whatever range is asked for; at both ends of the range only what is in it counts.
 */
export interface Bucket {
  /** When the first of its readings was taken. */
  readonly time: number;
  readonly min: number;
  readonly max: number;
  /** The light of its last reading; of several at the same time, the brightest. */
  readonly last: number;
  readonly count: number;
}

export interface HistoryAnswer {
  /** Oldest first; stretches without readings are not there. Each reading by itself when there are few enough. */
  readonly points: readonly Bucket[];
  /** The lamp at `from`, after a switch at that very time; null when unknown. */
  readonly led_on: boolean | null;
  /** Oldest first; at most 5,000, the latest of them. */
  readonly switches: readonly HistorySwitch[];
  /** The length of a bucket in ms; 0 when each reading is by itself. */
  readonly step: number;
}

/** How long things are kept at least, in ms; undefined: for ever. Readings go two hours later at the latest. */
export interface Retention {
  readonly readings: number | undefined;
  readonly switches: number | undefined;
}

/** The last that is known of a device. Times are in ms since 1970. */
export interface Latest {
  /** Its last reading; undefined when there is none. */
  readonly time?: number;
  readonly light?: number;
  /** When its lamp was switched last, and how it has been since; undefined when never. */
  readonly switched?: number;
  readonly led_on?: boolean;
}

/** Readings that were read back for an export, one row each. */
export interface HistoryRow {
  readonly time: number;
  readonly light: number | null;
  readonly led_on: boolean | null;
  readonly by: HistorySwitch["by"] | null;
  readonly reason: string | null;
}

/**
 * Every reading and every switch. What is added is written in batches within a second, away from the decisions: adding
 * never waits, never throws. Queries see what was added before them.
 */
export interface History {
  addReading(device: Recorded, reading: HistoryReading): void;
  addSwitch(device: Recorded, change: HistorySwitch): void;
  /** @throws RangeError when the query is out of range. */
  query(query: HistoryQuery): Promise<HistoryAnswer>;
  /** Readings and switches from `from` to before `to`, oldest first, in batches of some thousand: for an export. */
  rows(device: string, from: number, to: number): AsyncIterable<readonly HistoryRow[]>;
  /** The last of each of these devices, in their order; undefined for one of which there is nothing. */
  latest(devices: readonly string[]): Promise<readonly (Latest | undefined)[]>;
  /** Forgets a device altogether. */
  forget(device: string): Promise<void>;
  /** From now on things are kept so long. */
  retain(retention: Retention): void;
  /** For metrics: what waits to be written, what was written since the start, what could not be. */
  readonly stats: { readonly waiting: number; readonly written: number; readonly lost: number };
  /** Why nothing can be written at the moment, in a sentence; "" when it can. */
  readonly problem: string;
  /** Writes what waits, and ends. */
  close(): Promise<void>;
}

/** Remembers nothing: for servers without a history. */
export const NO_HISTORY: History = {
  addReading() {},
  addSwitch() {},
  query: async () => ({ points: [], led_on: null, switches: [], step: 0 }),
  async *rows() {},
  latest: async (devices) => devices.map(() => undefined),
  async forget() {},
  retain() {},
  stats: { waiting: 0, written: 0, lost: 0 },
  problem: "",
  async close() {},
};
