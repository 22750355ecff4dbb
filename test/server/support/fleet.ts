/** Boards that report all the time, and notice when they are not answered. */
import mqtt, { type MqttClient } from "mqtt";

export interface Fleet {
  /** The longest that a reading was without an answer to it or to a later one, in ms; those that still are included. */
  longest(): number;
  /** What went wrong, in sentences. */
  readonly problems: string[];
  /** Readings sent so far, and answers that came. */
  readonly sent: number;
  readonly answers: number;
  /** Of each board, by its name: the number of its last reading, and of the last one that was answered. */
  readonly boards: ReadonlyMap<string, Board>;
  /** Reports no more. */
  pause(): void;
  close(): void;
}

export interface Board {
  seq: number;
  answered: number;
  /** When each reading was sent that is not answered yet, by `performance.now()`. */
  readonly open: Map<number, number>;
  /** What the lamp is, as the last command said. */
  led_on: boolean | undefined;
}

/** The light of a reading: dark and bright in turn, and at a limit of 300 never near it. */
export const lightOf = (seq: number): number => (seq % 2 === 0 ? 100 : 600) + (seq % 50);

/**
 * Starts boards `<prefix>/b0` and so on, over a few connections, each of which reports every so many ms with `boot` and
 * `seq`: at QoS 1, as the firmware does.
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
    if (led_on !== lightOf(seq) < 300) problems.push(`${name} was told ${led_on} for reading ${seq}`);
    if (seq < board.answered) problems.push(`${name} was told of reading ${seq} after ${board.answered}`);
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
    // spread over the time: so many are due by now
    const due = ((performance.now() - began) / every) * count;
    while (next < due) {
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
    longest() {
      const now = performance.now();
      const open = Array.from(boards.values(), ({ open }) => [...open.values()][0] ?? now);
      return Math.max(longest, ...open.map((at) => now - at));
    },
    problems,
    boards,
    get sent() {
      return sent;
    },
    get answers() {
      return answers;
    },
    pause: () => clearInterval(timer),
    close() {
      clearInterval(timer);
      connection.end(true);
    },
  };
}
