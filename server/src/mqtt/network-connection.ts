import mqttPacket, { type IConnackPacket, type IConnectPacket, type Packet } from "mqtt-packet";
import { PacketReader } from "./packet-reader.js";
import { PacketWriter } from "./packet-writer.js";
import { PubackQueue } from "./puback-queue.js";
import { ReadCoalescer } from "./read-coalescer.js";
import type { BrokerSocket, DataListener } from "./socket.js";

/** Error for a connection that the broker refused with CONNACK. */
export class ConnackError extends Error {
  /** @param code return code of CONNACK (MQTT 3.1.1, table 3.1) or reason code of MQTT 5 */
  constructor(readonly code: number) {
    super(`the broker refuses the connection with code ${code}`);
  }
}

/** Callbacks of one network connection. */
export interface NetworkConnectionHandlers {
  /** Called when the broker accepts the connection. Queued messages may follow in the same turn of the event loop. */
  connectionAccepted(packet: IConnackPacket): void;
  /**
   * Receives a message. Must not throw.
   * @returns a promise that resolves when the message may be acknowledged; undefined to acknowledge the message at once
   */
  messageReceived(topic: string, payload: Buffer, retained: boolean): Promise<void> | undefined;
  /** Called for each PUBACK. A `reasonCode` of 128 or more means that the broker refused the message. */
  messageAcknowledged(packetId: number, reasonCode: number): void;
  /** Called for each SUBACK and UNSUBACK. */
  requestAnswered(packet: Packet & { messageId?: number }): void;
  /** Called once when the connection has ended. `error` is undefined after a normal end. */
  closed(error: unknown): void;
}

/**
 * One network connection of the MQTT client, from CONNECT to its end. The client closes the connection when the broker sends
 * nothing for 1.5 to 2 times the keep alive.
 */
export class NetworkConnection {
  readonly writer: PacketWriter;
  readonly #socket: BrokerSocket;
  readonly #connect: IConnectPacket;
  readonly #handlers: NetworkConnectionHandlers;
  readonly #reader: PacketReader;
  readonly #coalescer: ReadCoalescer;
  /** Number of half keep-alive intervals since the last byte from the broker. */
  #silentIntervals = 0;
  #keepAlive = 0;
  #keepAliveTimer: NodeJS.Timeout | undefined;
  #error: unknown;
  /** Resolves the promise of `open`. */
  #onAccepted: (() => void) | undefined;

  /**
   * @param open opens the socket
   * @param connect the CONNECT packet to send
   * @param unreleased packet identifiers of QoS 2 messages that this session has received and the broker has not released
   */
  constructor(
    open: (onData: DataListener) => BrokerSocket,
    connect: IConnectPacket,
    handlers: NetworkConnectionHandlers,
    readonly unreleased: Set<number>,
  ) {
    this.#socket = open((bytes) => this.#read(bytes));
    this.#connect = connect;
    this.#handlers = handlers;
    const { stream } = this.#socket;
    const version = connect.protocolVersion as 4 | 5;
    const writer = (this.writer = new PacketWriter(stream, version));
    const pubacks = new PubackQueue(
      (packetId) => writer.writePuback(packetId),
      (error) => this.destroy(error),
    );
    this.#coalescer = new ReadCoalescer(stream);
    this.#reader = new PacketReader(version, {
      onPublish: (topic, payload, retained, qos, packetId) => {
        if (qos === 2) return this.#receiveQos2(topic, payload, retained, packetId);
        const processed = handlers.messageReceived(topic, payload, retained);
        if (qos === 1) pubacks.add(packetId, processed);
      },
      onPuback: (packetId, reasonCode) => handlers.messageAcknowledged(packetId, reasonCode),
      onPacket: (packet) => this.#handle(packet),
    });
    stream.on("error", (error) => (this.#error ??= error));
    stream.once("close", () => {
      clearInterval(this.#keepAliveTimer);
      this.#coalescer.close();
      handlers.closed(this.#error);
    });
  }

  /**
   * Sends CONNECT and resolves when the broker accepts the connection.
   * @param timeout time in ms after which a connection that the broker has not accepted is closed
   * @param keepAlive the keep alive of the CONNECT packet, in s
   * @throws ConnackError when the broker refuses the connection; otherwise the error that closed the connection
   */
  async open(timeout: number, keepAlive: number): Promise<void> {
    this.#keepAlive = keepAlive;
    const { stream, ready } = this.#socket;
    const deadline = setTimeout(() => this.destroy(new Error(`no answer within ${timeout / 1000} s`)), timeout);
    const closed = new Promise<never>((_resolve, reject) =>
      stream.once("close", () => reject((this.#error as Error | undefined) ?? new Error("closed"))),
    );
    closed.catch(() => {});
    try {
      await Promise.race([ready.catch(() => closed), closed]);
      const accepted = new Promise<void>((resolve) => (this.#onAccepted = resolve));
      this.send(this.#connect);
      await Promise.race([accepted, closed]);
    } finally {
      clearTimeout(deadline);
    }
  }

  send(packet: Packet): void {
    this.writer.writePacket(mqttPacket.generate(packet, { protocolVersion: this.#connect.protocolVersion as 4 | 5 }));
  }

  /** Closes the socket without DISCONNECT, so that the broker publishes the will. */
  destroy(error?: unknown): void {
    this.#error ??= error;
    this.#socket.stream.destroy();
  }

  /** Sends DISCONNECT and closes the socket, so that the broker discards the will [MQTT-3.14.4-3]. */
  disconnect(): void {
    this.send({ cmd: "disconnect" });
    this.writer.flush();
    this.#socket.stream.end();
  }

  #read(bytes: Buffer): void {
    this.#silentIntervals = 0;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      return this.destroy(error);
    }
    this.#coalescer.countChunk(bytes.length);
  }

  #handle(packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        return this.#connack(packet);
      case "suback":
      case "unsuback":
        return this.#handlers.requestAnswered(packet);
      case "pubrel":
        this.unreleased.delete(packet.messageId!);
        return this.send({ cmd: "pubcomp", messageId: packet.messageId });
      case "disconnect":
        return this.destroy(new Error(`the broker closes the connection with reason code ${packet.reasonCode ?? 0}`));
    }
  }

  /**
   * Receives a QoS 2 message exactly once [MQTT-4.3.3-2]. A broker should never send QoS 2 messages, because this
   * client subscribes at QoS 1 [MQTT-3.8.4-6], but aedes sends them.
   */
  #receiveQos2(topic: string, payload: Buffer, retained: boolean, packetId: number): void {
    const processed = this.unreleased.has(packetId)
      ? undefined
      : this.#handlers.messageReceived(topic, payload, retained);
    this.unreleased.add(packetId);
    const sendPubrec = (): void => this.send({ cmd: "pubrec", messageId: packetId });
    if (!processed) return sendPubrec();
    processed.then(sendPubrec, (error: unknown) => {
      this.unreleased.delete(packetId);
      this.destroy(error);
    });
  }

  #connack(packet: IConnackPacket): void {
    const code = packet.returnCode ?? packet.reasonCode ?? 0;
    if (code > 0) return this.destroy(new ConnackError(code));
    this.#keepAliveTimer = setInterval(() => this.#checkKeepAlive(), this.#keepAlive * 500);
    this.#handlers.connectionAccepted(packet);
    this.#onAccepted?.();
  }

  /** Sends PINGREQ in time [MQTT-3.1.2-23]. Closes the connection of a silent broker, which TCP may not detect. */
  #checkKeepAlive(): void {
    if (++this.#silentIntervals > 3) return this.destroy(new Error("the broker does not answer any more"));
    this.send({ cmd: "pingreq" });
  }
}
