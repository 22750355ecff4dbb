/** A fleet of simulated boards that report at a fixed rate and check the answers. */
import mqtt, { type MqttClient } from "mqtt";

export interface Fleet {
  /**
   * Returns the longest time in ms from a reading until the answer to the reading or to a later one of the same board.
   * Includes the waiting times of unanswered readings.
   */
  measureLongestWait(): number;
  /** Descriptions of the wrong answers; empty if all are correct. */
  readonly problems: string[];
  /** Total number of readings that the boards have sent. */
  readonly sentCount: number;
  /** Total number of answers that the boards have received. */
  readonly answerCount: number;
  /** State of each board, by its name such as `b0`. */
  readonly boards: ReadonlyMap<string, Board>;
  /** Stops sending readings. */
  pause(): void;
  close(): void;
}

export interface Board {
  /** `seq` of the last sent reading. */
  seq: number;
  /** `seq` of the last answered reading. */
  answered: number;
  /** Send times of the unanswered readings by `seq`, from `performance.now()`, in ms. */
  readonly open: Map<number, number>;
  /** The lamp's state in the last command. */
  led_on: boolean | undefined;
}

/** Returns the light of a reading: alternately dark and bright, and never near the threshold of 300. */
export const lightOf = (seq: number): number => (seq % 2 === 0 ? 100 : 600) + (seq % 50);

/**
 * Starts the boards `<prefix>/b0`, `<prefix>/b1` and so on, over one connection. Each board sends a reading with `boot` and
 * `seq` every `every` ms, at QoS 1 as the firmware does.
 */
export async function startFleet(url: string, prefix: string, count: number, every: number): Promise<Fleet> {
  const boards = new Map(Array.from({ length: count }, (_, n) => [`b${n}`, { seq: 0, answered: 0, open: new Map<number, number>(), led_on: undefined } as Board])); // prettier-ignore
  const problems: string[] = [];
  const began = performance.now();
  let sent = 0;
  let answers = 0;
  let longest = 0;
  const connection: MqttClient = await mqtt.connectAsync(url, { clean: true });
  connection.on("message", (topic, payload) => {
    const name = topic.slice(prefix.length + 1, -"/commands".length);
    const board = boards.get(name);
    if (!board) return;
    const { led_on, seq } = JSON.parse(payload.toString()) as { led_on: boolean; seq: number };
    answers++;
    if (led_on !== lightOf(seq) < 300) problems.push(`${name} received led_on ${led_on} for reading ${seq}`);
    if (seq < board.answered) problems.push(`${name} received the answer to reading ${seq} after ${board.answered}`);
    board.answered = seq;
    board.led_on = led_on;
    const now = performance.now();
    for (const [number, at] of board.open) {
      if (number > seq) break;
      longest = Math.max(longest, now - at);
      board.open.delete(number);
    }
  });
  await connection.subscribeAsync(`${prefix}/+/commands`, { qos: 1 });
  const names = [...boards.keys()];
  let next = 0;
  const timer = setInterval(() => {
    // number of readings that all boards together should have sent by now, evenly spread
    const dueCount = ((performance.now() - began) / every) * count;
    while (next < dueCount) {
      const name = names[next % count];
      const board = boards.get(name)!;
      const seq = ++board.seq;
      const now = performance.now();
      board.open.set(seq, now);
      connection.publish(
        `${prefix}/${name}/telemetry`,
        JSON.stringify({ light: lightOf(seq), boot: 1, seq, age: 0, at: Math.floor(now - began) }),
        { qos: 1 },
      );
      sent++;
      next++;
    }
  }, 2);
  return {
    measureLongestWait() {
      const now = performance.now();
      const open = Array.from(boards.values(), ({ open }) => [...open.values()][0] ?? now);
      return Math.max(longest, ...open.map((at) => now - at));
    },
    problems,
    boards,
    get sentCount() {
      return sent;
    },
    get answerCount() {
      return answers;
    },
    pause: () => clearInterval(timer),
    close() {
      clearInterval(timer);
      connection.end(true);
    },
  };
}
