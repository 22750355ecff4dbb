/** A simulated board with its network proxy and its light. Checks whether board, server and rule agree about the lamp. */
import { DEFAULT_CADENCE, isReportDue, LESSON_RULE } from "../../contract/index.js";
import type { SimulatedBoard } from "../../sim/index.js";
import type { Ledger } from "./ledger.js";
import type { Proxy } from "./proxy.js";
import type { Random } from "./random.js";

/** Interval between light changes, in ms. It exceeds the sample interval, so that each change produces a reading. */
const STEP_INTERVAL = 300;
/** Smallest light change. It exceeds the dead band, so that the board reports each change. */
const MIN_STEP = DEFAULT_CADENCE.dead_band + 5;
/** Largest light change. */
const MAX_STEP = 120;

export class Station {
  #walk: NodeJS.Timeout | undefined;
  /** Times of the light changes since the board's last start, from `performance.now()`, in ms. */
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

  /** Starts a random walk of the light around the threshold. */
  startLightWalk(): void {
    this.#walk ??= setInterval(() => this.#step(), STEP_INTERVAL);
  }

  /** Stops the random walk. The light crosses the threshold once more, so that the lamp must switch again. */
  stopLightWalk(): void {
    clearInterval(this.#walk);
    this.#walk = undefined;
    const { threshold } = LESSON_RULE;
    const size = this.random.drawInteger(MIN_STEP, MAX_STEP);
    this.#shine(this.board.light < threshold ? threshold + size : threshold - size);
  }

  /**
   * Cuts the board's power and restores it.
   * @param off duration without power, in ms
   * @param wait waits for the given number of ms
   */
  async cutPower(off: number, wait: (ms: number) => Promise<void>): Promise<void> {
    const heard = this.ledger.lastReadingAt.get(this.id) ?? 0;
    this.ledger.recordPowerCut(this.id, this.#changes.filter((at) => at > heard).length);
    await this.board.kill();
    await wait(off);
    this.#changes = [];
    await this.board.start();
  }

  /** Returns a disagreement between lamp, command, status and rule; "" when they agree. */
  findDisagreement(): string {
    const { id, board, proxy } = this;
    const rule = board.light < LESSON_RULE.threshold;
    const desired = this.ledger.desired.get(id);
    const known = this.ledger.light.get(id);
    const status = this.ledger.status.get(id);
    // an older status is outdated, because the board publishes its status after each connect
    if (proxy.openConnections === 0 || (this.ledger.statusAt.get(id) ?? 0) < proxy.lastConnectionAt)
      return `${id}: the server has received no status since the board's last connect`;
    // accepts a light within the dead band, because the board does not report so small a change
    if (known === undefined || isReportDue(DEFAULT_CADENCE, LESSON_RULE, { light: known, at: 0 }, board.light, 0))
      return `${id}: the server's last light is ${known}, but the light is ${board.light}`;
    if (desired !== rule) return `${id}: the server wants led_on ${desired}, the rule ${rule} at light ${board.light}`;
    if (board.lamp !== rule) return `${id}: the lamp is ${board.lamp}, but the server wants ${desired}`;
    if (!status?.online || status.led_on !== rule || status.decided_by !== "server")
      return `${id}: the status is ${JSON.stringify(status)}, but the lamp is ${board.lamp}`;
    return "";
  }

  #step(): void {
    const { light } = this.board;
    const size = this.random.drawInteger(MIN_STEP, MAX_STEP);
    const towards = light < LESSON_RULE.threshold ? 0.6 : 0.4;
    this.#shine(Math.min(1023, Math.max(0, light + (this.random.next() < towards ? size : -size))));
  }

  #shine(light: number): void {
    this.board.setLight(light);
    this.#changes.push(performance.now());
  }
}
