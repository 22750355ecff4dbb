/** The fields of a `Device` that the history uses. */
export interface HistoryDevice {
  readonly id: string;
  /** The device's position in the history's array of ids + 1; 0 before the first write. Only the history sets it. */
  historyNumber: number;
}

/** A light reading to store. */
export interface HistoryReading {
  /** When the reading was taken: ms since 1970 if `isDated` is true, otherwise monotonic time in ms. */
  readonly time: number;
  /** True when an earlier run of the server has already converted `time` to ms since 1970. */
  readonly isDated?: boolean;
  /** Light level, 0 to 1023; stored in steps of 0.25. */
  readonly light: number;
  /** Number of the device's boot. With `seq`, it identifies the reading, so that PostgreSQL can ignore duplicates. */
  readonly boot?: number;
  /** Sequence number of the reading within its boot. */
  readonly seq?: number;
}

/** A change of a lamp's state, or the first known state of a lamp. */
export interface HistorySwitch {
  /** When the lamp was switched: monotonic time in ms for `addSwitch`, ms since 1970 in query results. */
  readonly time: number;
  readonly led_on: boolean;
  /** Who switched the lamp: the server's rule, a person, or the board on its own. */
  readonly by: "server" | "person" | "device";
  /** The reason in one sentence; "" when unknown. */
  readonly reason: string;
}

/** A query for one device and time range, in ms since 1970: `from` is included, `to` is excluded. */
export interface HistoryQuery {
  readonly device: string;
  readonly from: number;
  readonly to: number;
  /** Maximum number of points in the answer, 1 to 5,000. */
  readonly points: number;
}

/**
 * Downsampled readings: the minimum, maximum and last light of one time interval, so that a plot shows every spike.
 * Buckets start at multiples of their length since 1970 (UTC). At both ends of a query, a bucket covers only readings
 * within the range of the query.
 */
export interface Bucket {
  /** Time of the first reading in the bucket, in ms since 1970. */
  readonly time: number;
  readonly min: number;
  readonly max: number;
  /** Light of the last reading in the bucket; the brightest if several readings have the same time. */
  readonly last: number;
  readonly count: number;
}

/** Maximum number of switches in an answer. */
export const MAX_SWITCHES = 5000;

export interface HistoryAnswer {
  /** Points of a plot, oldest first. Empty intervals are left out. If `step` is 0, each point is one reading. */
  readonly points: readonly Bucket[];
  /** The lamp's state at `from`, including a switch at exactly that time; null when unknown. */
  readonly led_on: boolean | null;
  /** The latest switches in the range, at most 5,000, oldest first. */
  readonly switches: readonly HistorySwitch[];
  /** The length of a bucket in ms; 0 when each point is one reading. */
  readonly step: number;
}

/** Minimum time for which data is kept, in ms; undefined means forever. Readings may stay up to two hours longer. */
export interface Retention {
  readonly readings: number | undefined;
  readonly switches: number | undefined;
}

/** The last stored reading and switch of a device. Times are in ms since 1970. */
export interface LatestEntries {
  /** Time of the last reading; undefined when there is none. */
  readonly time?: number;
  /** Light level of the last reading, 0 to 1023. */
  readonly light?: number;
  /** Time of the last switch; undefined when there is none. */
  readonly switched?: number;
  /** State of the lamp since the last switch. */
  readonly led_on?: boolean;
}

/** One row of an export: either a reading, with null in the fields of a switch, or a switch, with null as its light. */
export interface HistoryRow {
  readonly time: number;
  readonly light: number | null;
  readonly led_on: boolean | null;
  readonly by: HistorySwitch["by"] | null;
  readonly reason: string | null;
}

/**
 * Stores every reading and every switch (write-behind). A background task writes new entries in batches within a
 * second, so adding never waits and never throws. A query sees everything that was added before it.
 */
export interface History {
  addReading(device: HistoryDevice, reading: HistoryReading): void;
  addSwitch(device: HistoryDevice, change: HistorySwitch): void;
  /** @throws RangeError when the time range or the number of points is invalid */
  query(query: HistoryQuery): Promise<HistoryAnswer>;
  /**
   * Exports readings and switches from `from` (included) to `to` (excluded), oldest first, in batches of at most 5,000
   * rows.
   */
  rows(device: string, from: number, to: number): AsyncIterable<readonly HistoryRow[]>;
  /**
   * Returns the last reading and switch of each device, in the order of `devices`; undefined for a device without
   * history.
   */
  readLatest(devices: readonly string[]): Promise<readonly (LatestEntries | undefined)[]>;
  /** Deletes all data of a device. */
  forget(device: string): Promise<void>;
  /** Changes the retention, and immediately deletes data that is older than the new retention allows. */
  retain(retention: Retention): void;
  /** Numbers of entries for metrics: waiting to be written, written since the start, and lost since the start. */
  readonly stats: { readonly waiting: number; readonly written: number; readonly lost: number };
  /** A sentence that says why writing fails at the moment; "" while writing works. */
  readonly problem: string;
  /** Writes the pending entries and closes the database. */
  close(): Promise<void>;
}

/** A history that stores nothing, for servers with `history: false`. */
export const NO_HISTORY: History = {
  addReading() {},
  addSwitch() {},
  query: async () => ({ points: [], led_on: null, switches: [], step: 0 }),
  async *rows() {},
  readLatest: async (devices) => devices.map(() => undefined),
  async forget() {},
  retain() {},
  stats: { waiting: 0, written: 0, lost: 0 },
  problem: "",
  async close() {},
};
