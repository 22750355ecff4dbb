import type { EventEmitter } from "node:events";
import type { Channel } from "../../contract/index.js";
import { newCounters, type Counters } from "./counters.js";
import { Decisions } from "./decisions.js";
import { Devices, type Change, type Device, type DeviceView, type Mode } from "./devices.js";
import { createIngest, type Ingest } from "./ingest.js";
import type { Log } from "./log.js";
import { Recent, type Point } from "./recent.js";
import { Rejects } from "./rejects.js";

/** What the server tells whoever listens. */
export interface ServerEvents {
  /** A message was understood, and is about to take effect. */
  received: [id: string, channel: Channel, message: object];
  /** A command was published. */
  sent: [id: string, message: { readonly led_on: boolean }];
  /** A device appeared, changed or reported. */
  device: [device: DeviceView];
}

/** The devices, as users of the library and plug-ins see them. */
export interface DeviceDirectory {
  readonly size: number;
  get(id: string): DeviceView | undefined;
  /** All of them, sorted by id. */
  list(): DeviceView[];
  /** The latest readings of a device, oldest first. */
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
  /** Overrides from before. */
  readonly modes: ReadonlyMap<string, Mode>;
  publish(topic: string, payload: Buffer): void;
  /** Remembers an override for the next start. */
  saveMode(id: string, mode: Mode): void;
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
  readonly directory: DeviceDirectory;
  setMode(device: Device, mode: Mode): void;
  /** From now on changes are told: what is there at the start is no news. */
  announce(): void;
  close(): void;
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
};

export function createCore(options: CoreOptions): Core {
  const { log, emitter } = options;
  const counters = newCounters();
  const rejects = new Rejects(counters, log);
  const recent = new Recent();
  let announcing = false;
  let closed = false;

  function tell(device: Device): void {
    options.changed(device);
    if (emitter.listenerCount("device") > 0) emitter.emit("device", device.view());
  }

  const devices = new Devices((device, change) => {
    if (!announcing) return;
    const text = CHANGES[change]?.(device);
    if (text) log.info("device", text, { id: device.id, change });
    // a reading follows at once where a device appears or a lamp is switched by one, and tells of all of it
    if (change !== "appeared") tell(device);
  });

  const decisions = new Decisions(devices, (device, led_on, payload) => {
    options.publish(device.commandTopic, payload);
    counters.sent++;
    const message = { led_on };
    log.sent(device.id, message);
    emitter.emit("sent", device.id, message);
  });

  function setMode(device: Device, mode: Mode): void {
    if (device.mode !== mode) options.saveMode(device.id, mode);
    decisions.mode(device, mode, Date.now());
    devices.changed(device, "mode");
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
    read(device, taken, light) {
      recent.add(device.id, { time: taken, light, led_on: device.led_on ?? null });
      tell(device);
    },
    setMode,
  });

  for (const [id, mode] of options.modes) {
    const device = devices.obtain(id);
    if (device) device.mode = mode;
  }
  const sweep = setInterval(() => devices.sweep(Date.now()), SWEEP_EVERY);

  return {
    ingest(topic, payload, retained) {
      // the farewells of clients that are cut off in the end are no news
      if (!closed) ingest(topic, payload, retained);
    },
    counters,
    rejects,
    devices,
    recent,
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
        setMode(device, mode);
      },
    },
    announce() {
      announcing = true;
    },
    close() {
      closed = true;
      clearInterval(sweep);
      decisions.close();
    },
  };
}
