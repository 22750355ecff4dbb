import mqttPacket, { type IConnackPacket, type IConnectPacket, type Packet } from "mqtt-packet";
import { Acknowledgements } from "./puback-queue.js";
import { Input } from "./packet-reader.js";
import { Output } from "./packet-writer.js";
import { Pace } from "./read-coalescer.js";
import type { Take, Transport } from "./socket.js";

/** A broker's refusal of the connection. */
export class ConnackError extends Error {
  /** @param code the return code of CONNACK: MQTT 3.1.1, table 3.1, or a reason code of MQTT 5 */
  constructor(readonly code: number) {
    super(`the broker refuses the connection with code ${code}`);
  }
}

/** What one connection tells. */
export interface ConnectionHandlers {
  /** The broker has let us in; messages that waited may follow in the same turn. */
  opened(packet: IConnackPacket): void;
  /** A message, acknowledged when what is returned is fulfilled; at once when that is undefined. Must not throw. */
  message(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** A message of ours was taken, or refused, when `reason` is 128 or more. */
  acknowledged(id: number, reason: number): void;
  /** A SUBACK or an UNSUBACK. */
  answered(packet: Packet & { messageId?: number }): void;
  /** It is over: by an error, or without one. Told once. */
  closed(error: unknown): void;
}

/**
 * One connection to a broker, from CONNECT to the end. It ends by itself when the broker is silent for longer than one and a
 * half times the keep-alive.
 */
export class Connection {
  readonly output: Output;
  readonly #transport: Transport;
  readonly #connect: IConnectPacket;
  readonly #handlers: ConnectionHandlers;
  readonly #input: Input;
  readonly #pace: Pace;
  /** Half-times of the keep-alive since anything was heard. */
  #silent = 0;
  #keepAlive = 0;
  #looking: NodeJS.Timeout | undefined;
  #error: unknown;
  #letIn: (() => void) | undefined;

  /**
   * @param open opens the stream
   * @param unreleased packet identifiers of QoS 2 that the session has received, and that are not released
   */
  constructor(
    open: (take: Take) => Transport,
    connect: IConnectPacket,
    handlers: ConnectionHandlers,
    readonly unreleased: Set<number>,
  ) {
    this.#transport = open((bytes) => this.#read(bytes));
    this.#connect = connect;
    this.#handlers = handlers;
    const { stream } = this.#transport;
    const version = connect.protocolVersion as 4 | 5;
    const output = (this.output = new Output(stream, version));
    const acknowledgements = new Acknowledgements(
      (id) => output.puback(id),
      (error) => this.end(error),
    );
    this.#pace = new Pace(stream);
    this.#input = new Input(version, {
      publish: (topic, payload, retained, qos, id) => {
        if (qos === 2) return this.#exactlyOnce(topic, payload, retained, id);
        const taken = handlers.message(topic, payload, retained);
        if (qos === 1) acknowledgements.add(id, taken);
      },
      puback: (id, reason) => handlers.acknowledged(id, reason),
      packet: (packet) => this.#take(packet),
    });
    stream.on("error", (error) => (this.#error ??= error));
    stream.once("close", () => {
      clearInterval(this.#looking);
      this.#pace.close();
      handlers.closed(this.#error);
    });
  }

  /**
   * Fulfilled when the broker has let us in; otherwise the connection ends.
   * @param within how long that may take, in ms
   * @param keepAlive how long either side may be silent, in s
   * @throws ConnackError when the broker does not want us, or what the network says
   */
  async open(within: number, keepAlive: number): Promise<void> {
    this.#keepAlive = keepAlive;
    const { stream, ready } = this.#transport;
    const deadline = setTimeout(() => this.end(new Error(`no answer within ${within / 1000} s`)), within);
    const closed = new Promise<never>((_resolve, reject) =>
      stream.once("close", () => reject((this.#error as Error | undefined) ?? new Error("closed"))),
    );
    closed.catch(() => {});
    try {
      await Promise.race([ready.catch(() => closed), closed]);
      const letIn = new Promise<void>((resolve) => (this.#letIn = resolve));
      this.send(this.#connect);
      await Promise.race([letIn, closed]);
    } finally {
      clearTimeout(deadline);
    }
  }

  send(packet: Packet): void {
    this.output.packet(mqttPacket.generate(packet, { protocolVersion: this.#connect.protocolVersion as 4 | 5 }));
  }

  /** Ends it at once, so that the broker publishes the will. */
  end(error?: unknown): void {
    this.#error ??= error;
    this.#transport.stream.destroy();
  }

  /** Leaves, so that the broker forgets the will [MQTT-3.14.4-3]. */
  leave(): void {
    this.send({ cmd: "disconnect" });
    this.output.flush();
    this.#transport.stream.end();
  }

  #read(bytes: Buffer): void {
    this.#silent = 0;
    try {
      this.#input.push(bytes);
    } catch (error) {
      return this.end(error);
    }
    this.#pace.read(bytes.length);
  }

  #take(packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        return this.#opened(packet);
      case "suback":
      case "unsuback":
        return this.#handlers.answered(packet);
      case "pubrel":
        this.unreleased.delete(packet.messageId!);
        return this.send({ cmd: "pubcomp", messageId: packet.messageId });
      case "disconnect":
        return this.end(new Error(`the broker ends the connection with reason ${packet.reasonCode ?? 0}`));
    }
  }

  /**
   * QoS 2 [MQTT-4.3.3-2]. What this server subscribes to it subscribes to at QoS 1, and is to get so [MQTT-3.8.4-6]; aedes
   * does not keep to that.
   */
  #exactlyOnce(topic: string, payload: Buffer, retained: boolean, id: number): void {
    const taken = this.unreleased.has(id) ? undefined : this.#handlers.message(topic, payload, retained);
    this.unreleased.add(id);
    const received = (): void => this.send({ cmd: "pubrec", messageId: id });
    if (!taken) return received();
    taken.then(received, (error: unknown) => {
      this.unreleased.delete(id);
      this.end(error);
    });
  }

  #opened(packet: IConnackPacket): void {
    const code = packet.returnCode ?? packet.reasonCode ?? 0;
    if (code > 0) return this.end(new ConnackError(code));
    this.#looking = setInterval(() => this.#look(), this.#keepAlive * 500);
    this.#handlers.opened(packet);
    this.#letIn?.();
  }

  /** [MQTT-3.1.2-23]: we are heard in time; and a broker that is not is gone, whatever TCP thinks. */
  #look(): void {
    if (++this.#silent > 3) return this.end(new Error("the broker does not answer any more"));
    this.send({ cmd: "pingreq" });
  }
}
