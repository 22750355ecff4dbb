/** A broker for one client that does as the scenario says, and remembers what came. */
import { once } from "node:events";
import net from "node:net";
import mqtt, { type IPublishPacket, type Packet } from "mqtt-packet";

/** What becomes of a CONNECT: accepted, refused with return code 5, or left without an answer. */
export type Answer = "accept" | "refuse" | "ignore";

export class Broker {
  /** What becomes of the next CONNECTs; those after them are accepted. */
  readonly answers: Answer[] = [];
  /** Whether PUBLISH of QoS 1 is answered with PUBACK. */
  acknowledges = true;
  /** When each CONNECT came, by `performance.now()`, in ms. */
  readonly connects: number[] = [];
  readonly published: IPublishPacket[] = [];
  subscribed = 0;
  /** The connection ended, with a DISCONNECT before or without. */
  ended: "with DISCONNECT" | "without DISCONNECT" | undefined;
  #port = 0;
  #server: net.Server | undefined;
  #socket: net.Socket | undefined;

  /** Listens on 127.0.0.1: on a port of its own, and on the same one whenever it comes back. */
  async listen(): Promise<void> {
    const server = net.createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as net.AddressInfo).port;
  }

  get port(): number {
    return this.#port;
  }

  /** Ends or resets the connection; new ones are refused until `listen`. */
  async leave(how: "end" | "reset"): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (how === "end") this.#socket?.destroy();
    else this.#socket?.resetAndDestroy();
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    await closed;
  }

  /** Publishes with QoS 0, all of it in one segment. */
  send(...messages: [topic: string, payload: string][]): void {
    const packets = messages.map(([topic, payload]) =>
      mqtt.generate({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false }),
    );
    this.#socket?.write(Buffer.concat(packets));
  }

  #accept(socket: net.Socket): void {
    // a device has one connection: the one before is dead, whether it knows or not
    this.#socket?.destroy();
    this.#socket = socket;
    this.ended = undefined;
    socket.setNoDelay(true);
    const parser = mqtt.parser();
    const send = (packet: Packet) => void (socket.writable && socket.write(mqtt.generate(packet)));
    parser.on("packet", (packet) => this.#handle(packet, send));
    parser.on("error", () => socket.destroy());
    socket.on("data", (data) => parser.parse(data));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (socket === this.#socket) this.ended ??= "without DISCONNECT";
    });
  }

  #handle(packet: Packet, send: (packet: Packet) => void): void {
    switch (packet.cmd) {
      case "connect": {
        this.connects.push(performance.now());
        const answer = this.answers.shift() ?? "accept";
        if (answer !== "ignore")
          send({ cmd: "connack", returnCode: answer === "accept" ? 0 : 5, sessionPresent: false });
        return;
      }
      case "subscribe":
        this.subscribed++;
        return send({ cmd: "suback", messageId: packet.messageId, granted: [0] });
      case "publish":
        this.published.push(packet);
        if (packet.qos === 1 && this.acknowledges) send({ cmd: "puback", messageId: packet.messageId });
        return;
      case "pingreq":
        return send({ cmd: "pingresp" });
      case "disconnect":
        this.ended = "with DISCONNECT";
    }
  }
}
