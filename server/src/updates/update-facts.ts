import type { Device } from "../devices/devices.js";
import type { UpdateState } from "../devices/update-view.js";
import type { FirmwareImage } from "./firmware-image.js";
import type { StoredUpdate } from "./stored-update.js";
import { UpdateRecord } from "./update-record.js";

/** What rollouts, people and the data folder learn about the update of one board. */
export class UpdateFacts {
  readonly device: Device;
  readonly image: FirmwareImage;
  protected readonly record: UpdateRecord;

  constructor(device: Device, image: FirmwareImage, stored?: Partial<StoredUpdate>) {
    this.device = device;
    this.image = image;
    this.record = new UpdateRecord(device.status?.firmware, stored);
  }

  get state(): UpdateState {
    return this.record.state;
  }

  /** The version that the board reported before the update. */
  get previous(): string | undefined {
    return this.record.previous;
  }

  /** When the state began, in ms since 1970; undefined if an earlier version of the server has stored the update. */
  get since(): number | undefined {
    return this.record.since;
  }

  get problem(): string | undefined {
    return this.record.problem;
  }

  /** Whether the board has refused the update, so that nothing has changed on it. */
  get isRefused(): boolean {
    return this.record.isRefused;
  }

  /** Whether the board has reported the new version, and then started again and again. */
  get isCrashing(): boolean {
    return this.record.isCrashing;
  }

  get isActive(): boolean {
    return this.record.isActive;
  }

  /** Whether the board has erased its old program for this update. */
  get isErased(): boolean {
    return this.record.isErased;
  }

  /** Whether the update is over, and the board has installed another version since. */
  get isObsolete(): boolean {
    return this.record.isObsolete(this.image.version, this.device.status?.firmware);
  }

  toStored(): StoredUpdate {
    return this.record.toStored(this.image);
  }

  /** Returns what an update that replaces this one has to know, after the board has erased its old program. */
  toErased(): Partial<StoredUpdate> {
    return { previous: this.previous, isErased: true };
  }
}
