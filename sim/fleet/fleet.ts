/** Simulates many devices over few MQTT connections, without a virtual machine. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Channel, decodeCommand, encode, isReportDue, REPLY, STATUS, topicOf } from "../../contract/index.js";
import { hashInteger } from "../random.js";
import type { ByteRange } from "./connection.js";
import { Devices } from "./devices.js";
import { LAMP_EITHER, ReadingTracker, MISSING_ANSWER_TIME, LAMP_ON } from "./reading-tracker.js";
import { ConnectionPool } from "./connection-pool.js";
import { DEFAULT_PARAMETERS, LESSON_PARAMETERS, ParameterSets } from "./parameters.js";
import type { Broker } from "./transport.js";
import { createWeather, type Weather } from "./weather.js";

/** Options of a fleet of virtual devices. */
export interface FleetOptions {
  readonly broker: Broker;
  readonly devices: number;
  readonly connections: number;
  /** Prefix of the device ids `<prefix>/fleet-1`, `<prefix>/fleet-2`, … */
  readonly prefix: string;
  /** QoS at which devices publish readings. */
  readonly qos: 0 | 1;
  /** Whether devices publish their status. Lesson devices do not; they send only the light. */
  readonly status: boolean;
  /** Random seed of the weather and of the first heartbeat of each device. */
  readonly seed: number;
  /** Length of a simulated day, in ms. */
  readonly day: number;
  /** Hour of the day at the start, 0..24. */
  readonly hour: number;
}

/** Longest time that `drain` waits for outstanding answers, in ms. Readings without an answer then count as missing. */
const DRAIN_TIMEOUT = 3000;
const SLASH = 0x2f;
const COMMANDS_LENGTH = "commands".length;

/** A fleet of virtual devices that sends readings and checks the commands that answer them. */
export class Fleet {
  readonly devices: Devices;
  readonly tracker: ReadingTracker;
  /** Called for each answered reading with the response time, in ms. */
  onanswer: (ms: number) => void = () => {};
  readonly parameters: ParameterSets;
  /**
   * Counters since the start.
   *
   * - `sent`: sent readings
   * - `unsent`: readings that were dropped because the connection was closed or its send buffer full
   * - `switches`: lamp switches
   * - `malformed`: received messages that are neither a valid command nor a valid configuration
   */
  readonly counts = { sent: 0, unsent: 0, switches: 0, malformed: 0 };
  readonly connections: ConnectionPool;
  readonly #options: FleetOptions;
  readonly #weather: Weather;
  readonly #topicPrefix: string;
  readonly #startedAt = performance.now();
  readonly #expiryTimer: NodeJS.Timeout;

  constructor(options: FleetOptions) {
    this.#options = options;
    const { devices, connections, broker, seed, day, hour, prefix, status } = options;
    this.devices = new Devices(devices, randomInt(2 ** 31));
    this.tracker = new ReadingTracker(devices);
    this.parameters = new ParameterSets(status ? DEFAULT_PARAMETERS : LESSON_PARAMETERS);
    this.#weather = createWeather(seed, day, hour);
    this.#topicPrefix = `${prefix}/fleet-`;
    this.connections = new ConnectionPool(broker, devices, connections, {
      message: (bytes, topic, payload, retained) => this.#handleMessage(bytes, topic, payload, retained),
      // lesson devices use no configuration, so they subscribe only to commands
      filtersOf: (device) =>
        (status ? (["commands", "config"] as const) : (["commands"] as const)).map((channel) =>
          topicOf(this.idOf(device), channel),
        ),
      deviceConnected: (device) => status && this.#announce(device),
      deviceDisconnected: (device) => this.#deviceDisconnected(device),
    });
    this.#expiryTimer = setInterval(() => this.#expireReadings(), 1000);
  }

  /** Returns the id of a device, such as `nightlight/fleet-1`. */
  idOf(device: number): string {
    return this.#topicPrefix + (device + 1);
  }

  /** Number of lamps that differ from what the rule requires. Ignores devices whose newest reading is not answered. */
  get wrongLampCount(): number {
    const { lamp, expected, count, seq } = this.devices;
    let wrong = 0;
    for (let n = 0; n < count; n++)
      if (seq[n] > 0 && !this.tracker.hasOutstanding(n) && expected[n] <= LAMP_ON && lamp[n] !== expected[n]) wrong++;
    return wrong;
  }

  /**
   * Connects all devices.
   * @param ramp shortest duration of the whole process, in ms
   * @throws Error when a connection fails; call `abort` to close the others
   */
  start(ramp = 0): Promise<void> {
    return this.connections.start(ramp);
  }

  /** Samples the light sensor of a device. Sends a reading if the firmware would send one. */
  sampleSensor(device: number, now: number): void {
    const { devices } = this;
    if (!this.connections.connectionOf(device).isOpen) return;
    const parameters = this.parameters.get(devices.parameters[device]);
    const light = this.#weather.lightAt(device, now - this.#startedAt);
    const at = devices.reportedAt[device];
    const first = Number.isNaN(at);
    if (!first && !isReportDue(parameters, parameters, { light: devices.light[device], at }, light, now)) return;
    this.#sendLight(device, light, now);
    if (!first) return;
    // spread the heartbeats over the interval, as if the boards had been switched on at different times
    const silence = parameters.report === "interval" ? parameters.interval : parameters.heartbeat;
    devices.reportedAt[device] = now - (hashInteger(device ^ this.#options.seed) / 2 ** 32) * silence;
  }

  /** Sends a reading of a device unconditionally. */
  sendReading(device: number, now: number): void {
    this.#sendLight(device, this.#weather.lightAt(device, now - this.#startedAt), now);
  }

  /** Stops reconnecting, waits for the outstanding answers, and counts the readings without an answer as missing. */
  async drain(): Promise<void> {
    this.connections.stopReconnecting();
    const { tracker, devices } = this;
    for (let waited = 0; tracker.outstanding > 0 && waited < DRAIN_TIMEOUT; waited += 20) await sleep(20);
    for (let n = 0; n < devices.count; n++) this.#expire(n, Infinity);
  }

  /**
   * Ends the fleet: waits for outstanding answers, announces all devices as offline, deletes their retained messages, and
   * closes all connections.
   * @param keep keeps the retained messages for the next run
   */
  async end(keep: boolean): Promise<void> {
    await this.drain();
    if (this.#options.status) await this.#publishForAll("status", encode(STATUS, { online: false }));
    if (!keep) {
      // wait for the last decisions, which the server publishes up to 250 ms after the commands, before deleting them
      await sleep(500);
      for (const channel of ["status", "commands", "config", "decision"] as const)
        await this.#publishForAll(channel, "");
    }
    this.abort();
  }

  /** Closes all connections at once, without deleting retained messages. */
  abort(): void {
    clearInterval(this.#expiryTimer);
    this.connections.close();
  }

  #deviceDisconnected(device: number): void {
    this.#expire(device, Infinity);
    // make a reading due, because a board sends one as soon as it is connected again
    this.devices.reportedAt[device] = NaN;
  }

  #expireReadings(): void {
    const before = performance.now() - MISSING_ANSWER_TIME;
    for (let device = 0; device < this.devices.count; device++) this.#expire(device, before);
  }

  /**
   * Counts a device's unanswered readings from before the time `before`, in ms, as missing. If there are any, both lamp
   * states then count as correct, because only the server knows which of the readings it received.
   */
  #expire(device: number, before: number): void {
    if (this.tracker.expire(device, before)) this.devices.expected[device] = LAMP_EITHER;
  }

  #sendLight(device: number, light: number, now: number): void {
    const { devices, counts } = this;
    const { qos, status } = this.#options;
    const seq = devices.seq[device] + 1;
    // build the JSON of the contract by hand to avoid the cost of encode() for each reading
    const payload = status
      ? `{"light":${light},"led_on":${devices.lamp[device] === LAMP_ON},"boot":${devices.bootIdOf(device)},"seq":${seq},"age":0,"at":${Math.round(now - this.#startedAt)}}`
      : `{"light":${light}}`;
    const topic = topicOf(this.idOf(device), "telemetry");
    if (!this.connections.connectionOf(device).publish(topic, payload, qos, false)) {
      counts.unsent++;
      return;
    }
    counts.sent++;
    devices.seq[device] = seq;
    devices.light[device] = light;
    devices.reportedAt[device] = now;
    const rule = this.parameters.get(devices.parameters[device]);
    this.tracker.add(device, seq, now, devices.updateExpected(device, rule, light, now));
  }

  #announce(device: number): void {
    const status = encode(STATUS, {
      online: true,
      led_on: this.devices.lamp[device] === LAMP_ON,
      decided_by: "server",
      firmware: "fleet",
      board: "fleet",
      boot: this.devices.bootIdOf(device),
      dropped: 0,
    });
    this.#publish(device, "status", status);
  }

  #publish(device: number, channel: Channel, payload: string): boolean {
    const retain = channel !== "replies";
    return this.connections.connectionOf(device).publish(topicOf(this.idOf(device), channel), payload, 1, retain);
  }

  #publishForAll(channel: Channel, payload: string): Promise<void> {
    return this.connections.publishForEach((device) => this.#publish(device, channel, payload));
  }

  #handleMessage(bytes: Buffer, [topic, topicEnd]: ByteRange, [payload, end]: ByteRange, retained: boolean): void {
    let device = 0;
    let at = topic + this.#topicPrefix.length;
    for (; at < topicEnd && bytes[at] !== SLASH; at++) device = device * 10 + bytes[at] - 48;
    device--;
    // ignore topics of devices that do not belong to this fleet
    if (!(device >= 0 && device < this.devices.count)) return;
    const content = bytes.subarray(payload, end);
    if (topicEnd - at - 1 === COMMANDS_LENGTH) return this.#handleCommand(device, content, retained);
    const set = this.parameters.read(content);
    if (set === undefined) this.counts.malformed++;
    else this.devices.parameters[device] = set;
  }

  #handleCommand(device: number, payload: Buffer, retained: boolean): void {
    // ignore the empty payload that deletes a retained command
    if (payload.length === 0) return;
    const now = performance.now();
    const { lamp, action } = decodeCommand(payload);
    if (action) {
      const { light, lamp: lamps } = this.devices;
      const reply = { seq: action.seq, ok: true, light: light[device], led_on: lamps[device] === LAMP_ON };
      this.#publish(device, "replies", encode(REPLY, reply));
      return;
    }
    if (!lamp) {
      this.counts.malformed++;
      return;
    }
    // a retained command answers no reading of this run
    if (!retained) this.tracker.checkCommand(device, lamp.seq, lamp.led_on, now, this.onanswer);
    if (!this.devices.switch(device, lamp.led_on, now)) return;
    this.counts.switches++;
    if (this.#options.status && !retained) this.#announce(device);
  }
}
