import { textOf } from "../common/errors.js";
import type { Device, Devices } from "../devices/devices.js";
import type { Log } from "../observability/log.js";
import type { Actions } from "../outputs/actions.js";
import type { NamedValues } from "../storage/data-folder.js";
import type { UpdateKeys } from "../security/update-keys.js";
import { clock } from "../time/monotonic-clock.js";
import type { AdapterLink } from "./adapter-link.js";
import { BoardUpdate, NO_PROGRAM_HASH, type BoardUpdateContext, type UpdateOutcome } from "./board-update.js";
import { CrashedVersions } from "./crashed-versions.js";
import { ImageCatalog } from "./image-catalog.js";
import type { ImageFolder } from "./image-folder.js";
import type { ImageStore } from "./image-store.js";
import { listNeededVersions } from "./needed-versions.js";
import { DEFAULT_UPDATE_TIMEOUTS, type UpdateTimeouts } from "./timeouts.js";
import { UpdateError } from "./update-error.js";
import { labelOf } from "./update-problems.js";
import { checkRequest, chooseImage } from "./update-request.js";
import { UpdateStorage } from "./update-storage.js";
import { UpdateViews } from "./update-views.js";

/** How often the image folder is checked for changes, in ms. */
const REFRESH_INTERVAL = 5000;

export interface UpdatesOptions {
  /** Why this server cannot update boards, as a sentence; undefined if it can. Then no updates are offered or continued. */
  readonly unavailable?: string;
  readonly devices: Devices;
  readonly actions: Pick<Actions, "request" | "isFull">;
  readonly folder: ImageFolder;
  readonly store: ImageStore;
  readonly keys: Pick<UpdateKeys, "find" | "remove">;
  readonly values: NamedValues;
  readonly timeouts?: Partial<UpdateTimeouts>;
  readonly log: Log;
  /** Shows a device to people after its update has changed. */
  deviceChanged(device: Device): void;
}

/** The updates of all boards: starts them, stores them, and connects them with the boards' adapters. */
export class Updates {
  /**
   * Number of ends of updates since the server started, by outcome. An update whose outcome changes later counts twice,
   * because counters never go back.
   */
  readonly counts: Record<UpdateOutcome, number> = { done: 0, failed: 0, refused: 0 };
  /** The programs that can be installed. */
  readonly images: ImageCatalog;
  readonly #options: UpdatesOptions;
  readonly #context: BoardUpdateContext;
  readonly #updates = new Map<string, BoardUpdate>();
  readonly #links = new Map<string, AdapterLink>();
  readonly #storage: UpdateStorage;
  readonly #crashes: CrashedVersions;
  readonly #views: UpdateViews;
  readonly #listeners: ((update: BoardUpdate) => void)[] = [];
  #refreshTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: UpdatesOptions) {
    this.#options = options;
    const { actions, log, values, folder, store, devices } = options;
    this.images = new ImageCatalog({ devices, folder, store });
    this.#storage = new UpdateStorage(options);
    this.#crashes = new CrashedVersions(values);
    this.#views = new UpdateViews(folder, store, this.#crashes);
    store.protect(() => listNeededVersions({ devices, folder, updates: this.list() }));
    this.#context = {
      actions,
      log,
      timeouts: { ...DEFAULT_UPDATE_TIMEOUTS, ...options.timeouts },
      changed: (update, isStateChange) => {
        if (isStateChange) this.#storage.save(update);
        this.#show(update.device);
        if (isStateChange) this.#notify(update);
      },
      ended: ({ device: { id }, image: { version } }, outcome, hasCrashed) => {
        this.counts[outcome]++;
        if (hasCrashed) this.#crashes.record(id, version);
        if (outcome === "done") this.#crashes.clear(id, version);
      },
    };
  }

  /** Why this server cannot update boards, as a sentence; undefined if it can. */
  get unavailable(): string | undefined {
    return this.#options.unavailable;
  }

  /** Loads the images and the updates of an earlier run. Call it before the first message arrives. */
  async restore(): Promise<void> {
    const { store, devices } = this.#options;
    await store.load();
    await this.images.refresh();
    if (!this.unavailable) this.#restoreUpdates();
    // only now, because a new copy may replace those that no update needs
    this.images.keepNeeded();
    for (const device of devices) this.#show(device);
    const refresh = (): void => void this.refreshImages();
    this.#refreshTimer = setInterval(refresh, REFRESH_INTERVAL).unref();
  }

  #restoreUpdates(): void {
    this.#crashes.restore();
    for (const { device, image, stored } of this.#storage.load()) {
      const update = new BoardUpdate(device, image, this.#context, stored);
      this.#updates.set(device.id, update);
      update.start();
    }
  }

  /** Registers a listener that is called after each change of an update's state. */
  onChange(listener: (update: BoardUpdate) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads images that have changed, and shows which updates are available now. */
  async refreshImages(): Promise<void> {
    const isChanged = await this.images.refresh();
    this.images.keepNeeded();
    if (isChanged) for (const device of this.#options.devices) this.#show(device);
  }

  updateOf(id: string): BoardUpdate | undefined {
    return this.#updates.get(id);
  }

  /**
   * The type of a board; undefined if unknown. After a restart of the server, a board that crashes may be known only by
   * its will, which does not contain the type, so that of its last update counts.
   */
  typeOf({ id, status }: Device): string | undefined {
    return status?.board ?? this.#updates.get(id)?.image.board;
  }

  /** The version to which a board can go back after another update: the one that it reports, unless that one crashes. */
  versionToKeep({ id, status }: Device): string | undefined {
    return this.#updates.get(id)?.lastWorking ?? status?.firmware;
  }

  /** All updates since the devices were added. */
  list(): Iterable<BoardUpdate> {
    return this.#updates.values();
  }

  /**
   * Starts an update.
   * @param version the version to install; the newest by default
   * @throws UpdateError when there is no such version, or the board cannot be updated now
   */
  async request(device: Device, version?: string): Promise<BoardUpdate> {
    const { keys, store, unavailable } = this.#options;
    if (unavailable) throw new UpdateError("conflict", unavailable);
    await this.refreshImages();
    const { id } = device;
    const image = chooseImage(device, this.typeOf(device), version, this.#options);
    const hasKey = (await keys.find(id)) !== undefined;
    await store.keep(image);
    // Do not wait from here on: another request must not see the same earlier update.
    const before = this.#updates.get(id);
    if (this.#isClosed) throw new UpdateError("stopping", "The server is stopping.");
    if (this.#options.devices.get(id) !== device) throw new UpdateError("unknown", `${labelOf(device)} was forgotten.`);
    checkRequest(device, image, hasKey, before);
    if (before?.isActive && before.image.sha256 === image.sha256) return before;
    before?.close();
    const previous = this.versionToKeep(device);
    const update = new BoardUpdate(device, image, this.#context, { previous, isErased: before?.isErased });
    this.#updates.set(id, update);
    // while it was not among the updates yet, other requests may have replaced the copy
    if (!store.hasCopy(image)) void store.keep(image);
    this.#context.changed(update, true);
    const link = this.#links.get(id);
    if (link) void update.adapterConnected(link);
    else update.start();
    return update;
  }

  /** Starts an update to the newest version, as an app has requested over MQTT. Logs why that is not possible. */
  async installLatest(device: Device): Promise<void> {
    try {
      await this.request(device);
    } catch (error) {
      this.#options.log.warn("update", textOf(error), { id: device.id });
    }
  }

  /** Gives an update up, or removes the result of one that is over. @throws UpdateError while that is not possible */
  cancel(device: Device): void {
    const { id, label = id } = device;
    const update = this.#updates.get(id);
    if (!update) throw new UpdateError("unknown", `${label} has no update.`);
    if (update.isErased)
      throw new UpdateError(
        "conflict",
        `${label} has erased its old program, so the update cannot be given up; install another version instead.`,
      );
    // giving up another update does not make the hint obsolete
    if (!update.isActive) this.#crashes.clear(id);
    this.#remove(id);
    this.#watchReplaced(update);
    this.#show(device);
  }

  /** Applies a status that a board has published. @param retained whether the status may be old */
  statusReceived(device: Device, retained: boolean): void {
    const update = this.#updates.get(device.id);
    update?.statusReceived(retained);
    // Otherwise, its crash loop would be shown again if somebody flashed the same version by cable.
    if (update?.isInCrashLoop && update.isObsolete && !retained) this.#remove(device.id);
    this.#show(device, false);
  }

  /** Uses the connection of a board's update adapter. */
  adapterConnected(id: string, link: AdapterLink): void {
    this.#links.set(id, link);
    link.onClose(() => {
      if (this.#links.get(id) === link) this.#links.delete(id);
    });
    const update = this.#updates.get(id);
    if (update) void update.adapterConnected(link);
    else void this.#repair(id, link);
  }

  /** Forgets the update and the key of a device. */
  async forget(id: string): Promise<void> {
    this.#remove(id);
    this.#crashes.clear(id);
    await this.#options.keys.remove(id);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#refreshTimer);
    for (const update of this.#updates.values()) update.close();
  }

  /** Gives a board that has no program the one that it had. */
  async #repair(id: string, link: AdapterLink): Promise<void> {
    const { devices, store, folder, log } = this.#options;
    const hash = await link.readHash().catch(() => "");
    if (hash !== NO_PROGRAM_HASH) return;
    await this.refreshImages();
    // Meanwhile somebody may have requested an update, or the board may have connected again.
    if (this.#updates.has(id) || this.#links.get(id) !== link) return;
    const device = devices.get(id);
    const { board, firmware } = device?.status ?? {};
    const image = store.findVersion(board, firmware) ?? folder.latestFor(board);
    if (!device || !image)
      return log.warn(
        "update",
        `${id} has no program, and this server has none for its type of board; flash it by cable.`,
        { id },
      );
    log.warn("update", `${id} has no program, and gets ${image.version}.`, { id });
    const update = new BoardUpdate(device, image, this.#context, { state: "handing-over", isErased: true });
    this.#updates.set(id, update);
    await update.adapterConnected(link);
  }

  /** Counts the starts of a version again that crashes, when the update that should have replaced it was given up. */
  #watchReplaced({ device, image: { board }, replaced, lastWorking: previous, isInCrashLoop }: BoardUpdate): void {
    const image = previous !== undefined && !isInCrashLoop && this.#options.store.findVersion(board, replaced);
    if (!image) return;
    const stored = { state: "done", previous, since: clock.wallNow() } as const;
    const update = new BoardUpdate(device, image, this.#context, stored);
    this.#updates.set(device.id, update);
    this.#context.changed(update, true);
  }

  #remove(id: string): void {
    const update = this.#updates.get(id);
    update?.close();
    this.#updates.delete(id);
    this.#storage.delete(id);
    if (update) this.#notify(update);
  }

  #notify(update: BoardUpdate): void {
    for (const listener of this.#listeners) listener(update);
  }

  /** Updates the view of a device. @param isReported whether to show the device to people now */
  #show(device: Device, isReported = true): void {
    if (this.unavailable) return;
    const view = this.#views.viewOf(device, this.#updates.get(device.id));
    if (view === device.update) return;
    device.recordUpdate(view);
    if (isReported) this.#options.deviceChanged(device);
  }
}
