import type { EventEmitter } from "node:events";
import { encode, LAMP_COMMAND, type LampCommand } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { Counters } from "../observability/counters.js";
import type { Log } from "../observability/log.js";
import type { Publisher } from "../transport/publisher.js";
import type { ServerEvents } from "./server-events.js";

const ON_PAYLOAD = Buffer.from(encode(LAMP_COMMAND, { led_on: true }));
const OFF_PAYLOAD = Buffer.from(encode(LAMP_COMMAND, { led_on: false }));

/** Encodes a command. Does not call `encode`, because concatenation is faster and every reading causes a command. */
function payloadOf({ led_on, seq }: LampCommand): Buffer {
  if (seq === undefined) return led_on ? ON_PAYLOAD : OFF_PAYLOAD;
  return Buffer.from((led_on ? '{"led_on":true,"seq":' : '{"led_on":false,"seq":') + seq + "}");
}

/** Publishes commands to lamps, retained on `<id>/commands`. */
export class LampCommands {
  readonly #publisher: Publisher;
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #emitter: EventEmitter<ServerEvents>;

  constructor(publisher: Publisher, counters: Counters, log: Log, emitter: EventEmitter<ServerEvents>) {
    this.#publisher = publisher;
    this.#counters = counters;
    this.#log = log;
    this.#emitter = emitter;
  }

  /** Publishes the lamp command of a device, with the `seq` of the reading that the command answers. */
  publish(device: Device, led_on: boolean): void {
    const { seq } = device;
    const command = seq === undefined ? { led_on } : { led_on, seq };
    // The broker need not store an unchanged lamp command again.
    const mode = device.commandedLed === led_on ? "renewed" : "retained";
    this.#publisher.publish(device.commandTopic, payloadOf(command), mode);
    device.recordCommand(led_on);
    this.#counters.sent++;
    this.#log.sent(device.id, command);
    this.#emitter.emit("sent", device.id, command);
  }
}
