/** A collection of simulated boards by id. */
import { EventEmitter } from "node:events";
import { SimulatedBoard } from "./board.js";
import type { BoardOptions } from "./types.js";

/** Default options for boards that are added to a simulator. */
export type BoardDefaults = Partial<Omit<BoardOptions, "id" | "deviceId">>;

export interface SimulatorEvents {
  add: [board: SimulatedBoard];
  remove: [board: SimulatedBoard];
}

export class Simulator extends EventEmitter<SimulatorEvents> {
  readonly boards = new Map<string, SimulatedBoard>();

  constructor(private readonly defaults: BoardDefaults = {}) {
    super();
  }

  /**
   * Adds a board that is switched off; its `start` method switches it on. `NL_ID` in its settings is `id` by default.
   * @throws Error if a board with this id exists or no bytecode is given
   * @throws RangeError for the same reasons as the constructor of `SimulatedBoard`
   */
  add(options: Pick<BoardOptions, "id"> & Partial<BoardOptions>): SimulatedBoard {
    const { id } = options;
    const bytecode = options.bytecode ?? this.defaults.bytecode;
    if (!bytecode) throw new Error(`The board ${id} has no bytecode: give it, or give it to the simulator.`);
    if (this.boards.has(id)) throw new Error(`There is a board ${id} already.`);
    const settings = { ...this.defaults.settings, NL_ID: id, ...options.settings };
    const board = new SimulatedBoard({ ...this.defaults, ...options, bytecode, settings });
    this.boards.set(id, board);
    this.emit("add", board);
    return board;
  }

  /** Stops and removes a board. Returns false if no board has this id. */
  async remove(id: string): Promise<boolean> {
    const board = this.boards.get(id);
    if (!board) return false;
    this.boards.delete(id);
    this.emit("remove", board);
    await board.stop();
    return true;
  }

  /** Stops and removes all boards. */
  async close(): Promise<void> {
    await Promise.all([...this.boards.keys()].map((id) => this.remove(id)));
  }
}
