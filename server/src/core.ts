import type { EventEmitter } from "node:events";
import type { Channel, LampCommand } from "../../contract/index.js";
import { Actions } from "./actions.js";
import { Configs } from "./config.js";
import { newCounters, type Counters } from "./counters.js";
import type { DataFolder } from "./data.js";
import { Decisions } from "./decisions.js";
import { Devices, type Change, type Device, type DeviceView, type Mode } from "./devices.js";
import { textOf } from "./errors.js";
import { createIngest, type Ingest } from "./ingest.js";
import { Journal } from "./journal.js";
import type { Keep } from "./link/link.js";
import type { Log } from "./log.js";
import { Recent, type Point } from "./recent.js";
import { Rejects } from "./rejects.js";

/** What the server tells whoever listens. */
export interface ServerEvents {
  /** A message was understood, and is about to take effect. */
  received: [id: string, channel: Channel, message: object];
  /** A lamp's command was published. */
  sent: [id: string, message: LampCommand];
  /** A device appeared, changed or reported. */
  device: [device: DeviceView];
}

/** The devices, as users of the library and plug-ins see them. */
export interface DeviceDirectory {
  readonly size: number;
  get(id: string): DeviceView | undefined;
  /** All of them, sorted by id. */
  list(): DeviceView[];
  /** The latest readings of a device, oldest first by the time at which they were taken. */
  recent(id: string): readonly Point[];
  /**
   * A person's override; `auto` ends it.
   * @throws RangeError when there is no such device.
   */
  setMode(id: string, mode: Mode): void;
}

export interface CoreOptions {
  readonly log: Log;
  readonly emitter: EventEmitter<ServerEvents>;
  /** Whether a device is this server's. */
  owns(id: string): boolean;
  /** The server's own status topic. */
  readonly presence: string;
  /** What was remembered, and remembers. */
  readonly data: DataFolder;
  /** Publishes at QoS 1. */
  publish(topic: string, payload: Buffer, keep: Keep): void;
  /** A device changed or reported. */
  changed(device: Device): void;
}

/** What the server knows and decides, apart from how messages come and go. */
export interface Core {
  readonly ingest: Ingest;
  readonly counters: Counters;
  readonly rejects: Rejects;
  readonly devices: Devices;
  readonly recent: Recent;
  readonly actions: Actions;
  readonly directory: DeviceDirectory;
  /** Fulfilled when it is stored. */
  setMode(device: Device, mode: Mode): Promise<void>;
  /** From now on changes are told: what is there at the start is no news. */
  announce(): void;
  /** Takes up what was not finished. To be called once, when `publish` works and before messages come. */
  begin(): void;
  /** The link is up again: what waited at the broker comes first, and what the broker was to keep may be lost. */
  linkedAgain(): void;
  /** What waited at the broker has come. */
  caughtUp(): void;
  /** Returns when all that must survive is stored. */
  close(): Promise<void>;
}

/** Between two looks for lesson devices that fell silent, in ms. */
const SWEEP_EVERY = 5000;

const CHANGES: Readonly<Partial<Record<Change, (device: Device) => string>>> = {
  appeared: ({ id }) => `New device: ${id}`,
  online: ({ id }) => `${id} is online`,
  offline: ({ id }) => `${id} is offline`,
  switched: ({ id, led_on, light, mode }) =>
    `${id} is now ${led_on ? "on" : "off"}${light === undefined || mode !== "auto" ? "" : `, at light ${light}`}`,
  mode: ({ id, mode }) => `${id} is ${mode === "auto" ? "on automatic again" : `kept ${mode}`}`,
  gap: ({ id, gaps }) => `${id}: ${gaps.missing} ${gaps.missing === 1 ? "reading is" : "readings are"} missing`,
};

/** What is not acknowledged as long as this process lives. */
const NEVER = new Promise<never>(() => {});

export async function createCore(options: CoreOptions): Promise<Core> {
  const { log, emitter, data } = options;
  const counters = newCounters();
  const rejects = new Rejects(counters, log);
  const journal = new Journal(data.journal, (problem) =>
    log.error("server", `Readings could not be stored: ${problem}`),
  );
  const recent = new Recent((id) => journal.forget(id));
  let announcing = false;
  let closed = false;

  function tell(device: Device): void {
    options.changed(device);
    if (emitter.listenerCount("device") > 0) emitter.emit("device", device.view());
  }

  const devices = new Devices((device, change) => {
    if (!announcing) return;
    const text = CHANGES[change]?.(device);
    if (text) log[change === "gap" ? "warn" : "info"]("device", text, { id: device.id, change });
    // a reading follows at once where a device appears or a lamp is switched by one, and tells of all of it
    if (change !== "appeared") tell(device);
  });

  const decisions = new Decisions(devices, (device, command, payload) => {
    // the lamp is not to be stored with each reading that leaves it as it is
    options.publish(device.commandTopic, payload, device.commanded === command.led_on ? "again" : "retained");
    device.commanded = command.led_on;
    counters.sent++;
    log.sent(device.id, command);
    emitter.emit("sent", device.id, command);
  });

  const configs = new Configs((topic, payload) => options.publish(topic, payload, "retained"));
  const actions = new Actions({
    store: (id, stored) => data.setActions(id, stored),
    publish: (device, payload) => options.publish(device.commandTopic, payload, "once"),
    sent: ({ id }, { action, seq }) => log.info("action", `Asking ${id} for ${action}`, { id, action, seq }),
    expired: (device, seq) => configs.tell(device, seq),
    failed: (device, error) => notStored(device, "actions", error),
  });

  function notStored({ id }: Device, what: string, error: unknown): void {
    log.error("server", `The ${what} of ${id} could not be stored: ${textOf(error)}`, { id });
  }

  async function setMode(device: Device, mode: Mode): Promise<void> {
    const known = device.mode === mode;
    decisions.mode(device, mode, Date.now());
    devices.changed(device, "mode");
    if (!known) await data.setMode(device.id, mode).catch((error: unknown) => notStored(device, "override", error));
  }

  const ingest = createIngest({
    devices,
    decisions,
    counters,
    rejects,
    owns: options.owns,
    presence: options.presence,
    received(id, channel, message) {
      log.received(id, channel, message);
      emitter.emit("received", id, channel, message);
    },
    again(id, reading) {
      log.info("duplicate", `${id} had delivered that before`, { id, message: reading });
      return journal.stored;
    },
    read(device, { light, led_on }, { arrival, taken }) {
      // of the past the board knows best
      const lamp = arrival === "newest" ? device.led_on : led_on;
      const point = { time: taken, light, led_on: lamp ?? null };
      recent.add(device.id, point);
      tell(device);
      return device.boots && journal.add(device, point);
    },
    announced: (device) => configs.tell(device, actions.expired(device)),
    replied: (device, reply) => actions.reply(device, reply),
    setMode,
  });

  for (const [id, mode] of data.modes) {
    const device = devices.obtain(id);
    if (device) device.mode = mode;
  }
  await journal.restoreDevices(devices);
  journal.restorePoints(recent);
  const sweep = setInterval(() => devices.sweep(Date.now()), SWEEP_EVERY);

  return {
    // what comes at the end is not acknowledged, so that it comes again
    ingest: (topic, payload, retained) => (closed ? NEVER : ingest(topic, payload, retained)),
    counters,
    rejects,
    devices,
    recent,
    actions,
    setMode,
    directory: {
      get size() {
        return devices.size;
      },
      get: (id) => devices.get(id)?.view(),
      list: () => devices.list(),
      recent: (id) => recent.of(id),
      setMode(id, mode) {
        const device = devices.get(id);
        if (!device) throw new RangeError(`no device "${id}" is known`);
        void setMode(device, mode);
      },
    },
    announce() {
      announcing = true;
    },
    begin() {
      decisions.catchingUp = true;
      for (const [id, stored] of data.actions) {
        const device = devices.obtain(id);
        if (device) actions.restore(device, stored);
      }
    },
    linkedAgain() {
      decisions.catchingUp = true;
      for (const device of configs.forget()) configs.tell(device, actions.expired(device));
    },
    caughtUp() {
      decisions.catchingUp = false;
    },
    async close() {
      closed = true;
      clearInterval(sweep);
      decisions.close();
      await actions.close();
      await journal.close();
    },
  };
}
