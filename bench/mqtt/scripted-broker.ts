/** A scripted MQTT broker for one client. It records the packets it receives. */
import { once } from "node:events";
import net from "node:net";
import mqtt, { type IPublishPacket, type Packet } from "mqtt-packet";

/** The response to a CONNECT: accept, refuse with return code 5, or send no CONNACK. */
export type ConnectResponse = "accept" | "refuse" | "ignore";

export class ScriptedBroker {
  /** Responses to the next CONNECTs; the broker accepts all later ones. */
  readonly connectResponses: ConnectResponse[] = [];
  /** Whether the broker answers a QoS 1 PUBLISH with PUBACK. */
  sendsPuback = true;
  /** Arrival time of each CONNECT, from `performance.now()`, in ms. */
  readonly connectTimes: number[] = [];
  readonly published: IPublishPacket[] = [];
  subscribed = 0;
  /** How the client ended the connection; undefined while the connection is open. */
  ended: "with DISCONNECT" | "without DISCONNECT" | undefined;
  #port = 0;
  #server: net.Server | undefined;
  #socket: net.Socket | undefined;

  /** Listens on a free port of 127.0.0.1. Later calls reuse the same port. */
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

  /** Closes or resets the connection and stops listening until the next `listen`. */
  async stop(how: "end" | "reset"): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (how === "end") this.#socket?.destroy();
    else this.#socket?.resetAndDestroy();
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    await closed;
  }

  /** Publishes all messages with QoS 0 in one TCP segment. */
  send(...messages: [topic: string, payload: string][]): void {
    const packets = messages.map(([topic, payload]) =>
      mqtt.generate({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false }),
    );
    this.#socket?.write(Buffer.concat(packets));
  }

  #accept(socket: net.Socket): void {
    // the only client reconnects, so its previous connection is dead, even if TCP has not noticed
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
        this.connectTimes.push(performance.now());
        const answer = this.connectResponses.shift() ?? "accept";
        if (answer !== "ignore")
          send({ cmd: "connack", returnCode: answer === "accept" ? 0 : 5, sessionPresent: false });
        return;
      }
      case "subscribe":
        this.subscribed++;
        return send({ cmd: "suback", messageId: packet.messageId, granted: [0] });
      case "publish":
        this.published.push(packet);
        if (packet.qos === 1 && this.sendsPuback) send({ cmd: "puback", messageId: packet.messageId });
        return;
      case "pingreq":
        return send({ cmd: "pingresp" });
      case "disconnect":
        this.ended = "with DISCONNECT";
    }
  }
}
