import type { Device } from "../devices/devices.js";
import type { UpdateState } from "../devices/update-view.js";
import type { FirmwareImage } from "./firmware-image.js";
import type { StoredUpdate } from "./stored-update.js";
import { UpdateRecord } from "./update-record.js";

/** The update of one board as others may read it. `BoardUpdate` changes it. */
export class ReadOnlyUpdate {
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

  /** The version to which the board can go back. */
  get previous(): string | undefined {
    return this.record.previous;
  }

  /** The version that the board reported before the update. It differs from `previous` if it crashes. */
  get replaced(): string | undefined {
    return this.record.replaced;
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

  /** Whether the board starts the new version again and again, so that the update has failed. */
  get isInCrashLoop(): boolean {
    return this.record.isInCrashLoop;
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

  /** The version to which the next update can go back, if the board has no working program. */
  get lastWorking(): string | undefined {
    const { previous, replaced } = this;
    if (this.isErased || (this.isInCrashLoop && !this.isObsolete)) return previous;
    // The board still has the version that crashes.
    const isUnchanged = (this.device.status?.firmware ?? replaced) === replaced;
    return previous !== replaced && isUnchanged ? previous : undefined;
  }
}
