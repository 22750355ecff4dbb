/** One board at its place: its network, the light that falls on it, and whether all agree about its lamp. */
import { DEFAULT_CADENCE, isDue, LESSON_RULE } from "../../contract/index.js";
import type { SimulatedBoard } from "../../sim/index.js";
import type { Ledger } from "./ledger.js";
import type { Proxy } from "./proxy.js";
import type { Random } from "./random.js";

/** Time between two steps of the light, in ms: longer than between two looks at the sensor, so that each is a reading. */
const STEP = 300;
/** The light moves by so much, more than the dead band, and is drawn back to the threshold, so that it crosses it often. */
const LEAST = DEFAULT_CADENCE.dead_band + 5;
const MOST = 120;

export class Station {
  #walk: NodeJS.Timeout | undefined;
  /** When the light was last changed, by `performance.now()`, for each change since the board was last started. */
  #changes: number[] = [];

  constructor(
    readonly board: SimulatedBoard,
    readonly proxy: Proxy,
    private readonly ledger: Ledger,
    private readonly random: Random,
  ) {}

  get id(): string {
    return this.board.id;
  }

  /** Lets the light move about the threshold. */
  walk(): void {
    this.#walk ??= setInterval(() => this.#step(), STEP);
  }

  /** The light crosses the threshold, so that all have to agree about something new, and then stands still. */
  rest(): void {
    clearInterval(this.#walk);
    this.#walk = undefined;
    const { threshold } = LESSON_RULE;
    const size = this.random.int(LEAST, MOST);
    this.#shine(this.board.light < threshold ? threshold + size : threshold - size);
  }

  /** Cuts the board's power and gives it back. @param off how long it has none, in ms */
  async powerCut(off: number, wait: (ms: number) => Promise<void>): Promise<void> {
    const heard = this.ledger.lastHeard.get(this.id) ?? 0;
    this.ledger.powerCut(this.id, this.#changes.filter((at) => at > heard).length);
    await this.board.kill();
    await wait(off);
    this.#changes = [];
    await this.board.start();
  }

  /** Says what is not as it should be; "" when lamp, command, status and rule agree. */
  disagreement(): string {
    const { id, board, proxy } = this;
    const rule = board.light < LESSON_RULE.threshold;
    const desired = this.ledger.desired.get(id);
    const known = this.ledger.light.get(id);
    const status = this.ledger.status.get(id);
    // it says how it is whenever it has connected
    if (proxy.open === 0 || (this.ledger.statusAt.get(id) ?? 0) < proxy.lastConnection)
      return `${id}: the server has heard nothing over its connection`;
    // a light that moved by less than the dead band is no news
    if (known === undefined || isDue(DEFAULT_CADENCE, LESSON_RULE, { light: known, at: 0 }, board.light, 0))
      return `${id}: the server knows of light ${known}, it is ${board.light}`;
    if (desired !== rule) return `${id}: the server wants ${desired}, the rule ${rule} at light ${board.light}`;
    if (board.lamp !== rule) return `${id}: the lamp is ${board.lamp}, the server wants ${desired}`;
    if (!status?.online || status.led_on !== rule || status.decided_by !== "server")
      return `${id}: its status is ${JSON.stringify(status)}, the lamp is ${board.lamp}`;
    return "";
  }

  #step(): void {
    const { light } = this.board;
    const size = this.random.int(LEAST, MOST);
    const towards = light < LESSON_RULE.threshold ? 0.6 : 0.4;
    this.#shine(Math.min(1023, Math.max(0, light + (this.random.next() < towards ? size : -size))));
  }

  #shine(light: number): void {
    this.board.setLight(light);
    this.#changes.push(performance.now());
  }
}
