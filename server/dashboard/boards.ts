/** Every board that the page knows, and who is told when one changes. */

import { type Board, type Device, type Mode, putMode } from "./api.js";
import { now } from "./clock.js";
import { BoardModel } from "./model.js";

/** Told of changes, after them. */
export interface Watcher {
  /** `switched`: its lamp went on or off, which was known before. */
  changed?(model: BoardModel, switched: boolean): unknown;
  removed?(model: BoardModel): unknown;
}

export class Boards {
  private readonly models = new Map<string, BoardModel>();
  private readonly watchers = new Set<Watcher>();

  get size(): number {
    return this.models.size;
  }

  get all(): Iterable<BoardModel> {
    return this.models.values();
  }

  get(id: string): BoardModel | undefined {
    return this.models.get(id);
  }

  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  seeDevice(device: Device): void {
    this.change(device.id, (model) => model.seeDevice(device, now()));
  }

  seeBoard(board: Board): void {
    this.change(board.id, (model) => model.seeBoard(board, now()));
  }

  /** These devices are there, and no others. */
  seeDevices(devices: readonly Device[]): void {
    const there = new Set(devices.map(({ id }) => id));
    for (const model of this.models.values()) if (!there.has(model.id) && !model.board) this.remove(model.id);
    for (const device of devices) this.seeDevice(device);
  }

  /** A person's word on a lamp, for so long in ms. @throws ApiError */
  async override(id: string, mode: Mode, duration?: number): Promise<void> {
    this.seeDevice(await putMode(id, mode, duration));
  }

  remove(id: string): void {
    const model = this.models.get(id);
    if (!model) return;
    this.models.delete(id);
    for (const watcher of this.watchers) watcher.removed?.(model);
  }

  /** Has every board shown anew. */
  refresh(): void {
    for (const { id } of this.models.values()) this.change(id, () => {});
  }

  private change(id: string, see: (model: BoardModel) => void): void {
    let model = this.models.get(id);
    if (!model) this.models.set(id, (model = new BoardModel(id)));
    const { lamp } = model;
    see(model);
    const switched = lamp !== null && model.lamp !== null && model.lamp !== lamp;
    for (const watcher of this.watchers) watcher.changed?.(model, switched);
  }
}
