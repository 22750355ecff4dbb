import {
  decode,
  idProblem,
  INSTALLATION,
  OVERRIDE,
  parseTopic,
  REPLY,
  STATUS,
  topicOf,
} from "../../../contract/index.js";
import { textOf } from "../common/errors.js";
import type { Zone } from "../decisions/zones/zone.js";
import type { Zones } from "../decisions/zones/zones.js";
import type { Devices } from "../devices/devices.js";
import type { RejectionLog } from "../observability/rejection-log.js";
import type { Actions } from "../outputs/actions.js";
import type { BlinkTracker } from "../outputs/blinking.js";
import type { BoardConfigPublisher } from "../outputs/board-config.js";
import type { DeviceCommands } from "../outputs/device-commands.js";
import type { Notifier } from "../outputs/notifier.js";
import { clock } from "../time/monotonic-clock.js";
import type { Updates } from "../updates/updates.js";
import { isInboundTopic } from "../transport/scope.js";
import type { Decoder } from "./decoder.js";
import type { Delivery } from "./delivery.js";
import type { Readings } from "./readings.js";

export interface IngestOptions {
  readonly decoder: Decoder;
  readonly readings: Readings;
  readonly devices: Devices;
  readonly zones: Zones;
  readonly commands: DeviceCommands;
  readonly actions: Actions;
  readonly boardConfigs: BoardConfigPublisher;
  readonly blinking: BlinkTracker;
  readonly notifier: Notifier;
  readonly updates: Pick<Updates, "statusReceived" | "installLatest" | "unavailable">;
  readonly rejects: RejectionLog;
  /** Whether this server is responsible for a device. */
  isInScope(id: string): boolean;
  /** The topic of this server's status. Its messages are ignored, because they would look like a device's status. */
  readonly statusTopic: string;
  /** The prefix of the topics of zones, for example `nightlight/zones/`. */
  readonly zonePrefix: string;
  /** The remote broker; undefined with the embedded one. */
  readonly broker: { readonly host: string; readonly port: number } | undefined;
}

/** A promise that never settles, so that a message is not acknowledged while this process runs. */
const NEVER_SETTLING_PROMISE = new Promise<never>(() => {});

const UNKNOWN_DEVICE_PROBLEM = "no device of this id has been heard";

/** Receives every MQTT message from devices and apps, and routes the message by its channel (last topic level). */
export class Ingest {
  readonly #options: IngestOptions;
  #closed = false;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /**
   * Processes a message with any topic and any payload. Never throws.
   *
   * A broker sends retained messages in answer to a subscription [MQTT-3.3.1-8]; such a message may be old. By the
   * contract only status messages are retained, so other retained messages have no effect. A message that is published with
   * the retain flag while the server is subscribed is not marked as retained [MQTT-3.3.1-9].
   * @returns resolves when everything that must survive a restart is stored; rejects if the message must be delivered
   *   again; undefined if there is nothing to store
   */
  handleMessage(topic: string, payload: Buffer, retained: boolean, delivery?: Delivery): Promise<void> | undefined {
    if (this.#closed) return NEVER_SETTLING_PROMISE;
    try {
      return this.#route(topic, payload, retained, delivery);
    } catch (error) {
      // An exception in the code above is a bug in this server. Catch it, so that the broker does not fail as well.
      this.#options.rejects.add("internal", topic, textOf(error), { topic });
      return undefined;
    }
  }

  /**
   * Returns why this server does not accept a message that an app sends on `<id>/set`; undefined if it accepts the
   * message, or if the message is for another topic or another server.
   */
  setProblem(topic: string, payload: Buffer): string | undefined {
    const { devices, updates, isInScope } = this.#options;
    const parsed = parseTopic(topic);
    if (parsed?.channel !== "set") return undefined;
    const { id } = parsed;
    if (this.#zoneOf(id)) return decode(OVERRIDE, payload).problem;
    if (!isInScope(id)) return undefined;
    if (!devices.get(id)) return UNKNOWN_DEVICE_PROBLEM;
    return decode(INSTALLATION, payload).problem ? decode(OVERRIDE, payload).problem : updates.unavailable;
  }

  /** Ignores all further messages and leaves them unacknowledged, so that they are delivered again. */
  close(): void {
    this.#closed = true;
  }

  #route(topic: string, payload: Buffer, retained: boolean, delivery?: Delivery): Promise<void> | undefined {
    const { statusTopic, rejects, isInScope: owns, readings, broker } = this.#options;
    if (topic === statusTopic || !isInboundTopic(topic)) return undefined;
    const parsed = parseTopic(topic);
    if (!parsed) {
      const id = topic.slice(0, Math.max(0, topic.lastIndexOf("/")));
      rejects.add("bad-id", topic, idProblem(id), { topic });
      return undefined;
    }
    const { id, channel } = parsed;
    if (retained && channel !== "status") {
      rejects.add("retained", topic, describeRetainedProblem(topic, broker), { topic });
      return undefined;
    }
    if (channel === "set") return this.#handleOverride(id, payload);
    if (!owns(id)) return undefined;
    if (channel === "telemetry") return readings.handleTelemetry(id, payload, delivery);
    if (channel === "replies") return this.#handleReply(id, payload);
    this.#handleStatus(id, payload, retained);
    return undefined;
  }

  /** Applies a device's status message: firmware, board type, lamp state, and whether the device is online. */
  #handleStatus(id: string, payload: Buffer, retained: boolean): void {
    // An empty payload deletes the retained message [MQTT-3.3.1-10].
    if (payload.length === 0) return;
    const { decoder, readings, notifier, blinking, boardConfigs, actions, updates } = this.#options;
    const status = decoder.decode(STATUS, id, "status", payload);
    if (!status) return;
    const device = readings.getOrAddDevice(id, status.online && !retained ? clock.now() : undefined);
    if (!device) return;
    const { lamp, online } = device.applyStatus(status, retained);
    updates.statusReceived(device, retained);
    if (lamp) notifier.deviceChanged(device, lamp);
    if (online !== undefined) notifier.deviceChanged(device, online ? "online" : "offline");
    notifier.deviceChanged(device, "status");
    blinking.handleStatus(device);
    boardConfigs.publish(device, actions.highestExpiredSeqOf(device));
  }

  /** Completes the action to which a device has replied. */
  #handleReply(id: string, payload: Buffer): Promise<void> | undefined {
    const { decoder, devices, notifier, actions } = this.#options;
    const reply = decoder.decode(REPLY, id, "replies", payload);
    const device = reply && devices.get(id);
    if (!device) return undefined;
    if (device.recordMessage(clock.now())) notifier.deviceChanged(device, "online");
    return actions.handleReply(device, reply);
  }

  /** Sets the override that an app has sent for a lamp or a zone. */
  #handleOverride(id: string, payload: Buffer): Promise<void> | undefined {
    const { decoder, devices, commands, updates, rejects, isInScope: owns } = this.#options;
    const zone = this.#zoneOf(id);
    if (zone) {
      const override = decoder.decode(OVERRIDE, id, "set", payload);
      return override && commands.setZoneMode(zone, override.mode, override.for);
    }
    if (!owns(id)) return undefined;
    const device = devices.get(id);
    if (!device) {
      rejects.add("unknown-device", id, UNKNOWN_DEVICE_PROBLEM, { topic: topicOf(id, "set") });
      return undefined;
    }
    // Use the decoder only for installations, because it counts any other message as rejected.
    if (!decode(INSTALLATION, payload).problem)
      return decoder.decode(INSTALLATION, id, "set", payload) && updates.installLatest(device);
    const override = decoder.decode(OVERRIDE, id, "set", payload);
    return override && commands.setMode(device, override.mode, override.for);
  }

  #zoneOf(id: string): Zone | undefined {
    const { zonePrefix, zones } = this.#options;
    return id.startsWith(zonePrefix) ? zones.get(id.slice(zonePrefix.length)) : undefined;
  }
}

/** Explains why a retained message has no effect and how to delete it. */
function describeRetainedProblem(topic: string, broker: IngestOptions["broker"]): string {
  const at = broker ? `-h ${broker.host} -p ${broker.port} ` : "";
  const quoted = /^[\w./:-]+$/.test(topic) ? topic : `'${topic.replaceAll("'", "'\\''")}'`;
  return (
    `it is retained, so that the broker sends it at every start, however old it is; ` +
    `remove it there: mosquitto_pub ${at}-r -n -t ${quoted}`
  );
}
