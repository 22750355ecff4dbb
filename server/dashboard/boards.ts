/** Store of all boards on the page, with change notifications. */

import { type SimulatedBoard, type Device, type Mode, putMode } from "./api.js";
import { now } from "./clock.js";
import { BoardModel } from "./model.js";
import { sendOverride } from "./overtaken.js";

/** Callbacks for changes of boards. */
export interface BoardListener {
  /** Called after a change of a board. @param switched whether the lamp changed between two known states */
  changed?(model: BoardModel, switched: boolean): unknown;
  removed?(model: BoardModel): unknown;
}

export class Boards {
  private readonly models = new Map<string, BoardModel>();
  private readonly listeners = new Set<BoardListener>();

  get size(): number {
    return this.models.size;
  }

  get all(): Iterable<BoardModel> {
    return this.models.values();
  }

  get(id: string): BoardModel | undefined {
    return this.models.get(id);
  }

  subscribe(listener: BoardListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  updateDevice(device: Device): void {
    this.change(device.id, (model) => model.updateDevice(device, now()));
  }

  updateSimulatedBoard(board: SimulatedBoard): void {
    this.change(board.id, (model) => model.updateSimulatedBoard(board, now()));
  }

  /** Replaces all devices. Removes boards that are neither in the list nor simulated. */
  replaceDevices(devices: readonly Device[]): void {
    const ids = new Set(devices.map(({ id }) => id));
    for (const model of this.models.values()) if (!ids.has(model.id) && !model.board) this.remove(model.id);
    for (const device of devices) this.updateDevice(device);
  }

  /** Overrides a lamp for `duration` ms, or without end if `duration` is undefined. @throws ApiError */
  async override(id: string, mode: Mode, duration?: number): Promise<void> {
    const device = await sendOverride(() => putMode(id, mode, duration), {
      get: () => this.get(id)?.device,
      subscribe: (changed) => this.subscribe({ changed }),
    });
    if (device) this.updateDevice(device);
  }

  remove(id: string): void {
    const model = this.models.get(id);
    if (!model) return;
    this.models.delete(id);
    for (const listener of this.listeners) listener.removed?.(model);
  }

  /** Notifies the listeners about every board, so that all boards are rendered again. */
  refresh(): void {
    for (const { id } of this.models.values()) this.change(id, () => {});
  }

  private change(id: string, update: (model: BoardModel) => void): void {
    let model = this.models.get(id);
    if (!model) this.models.set(id, (model = new BoardModel(id)));
    const { lamp } = model;
    update(model);
    const switched = lamp !== null && model.lamp !== null && model.lamp !== lamp;
    for (const listener of this.listeners) listener.changed?.(model, switched);
  }
}
