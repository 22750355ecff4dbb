/** Small MQTT broker for tests. A script can override its reaction to each packet. */
import { once } from "node:events";
import net from "node:net";
import mqtt, { type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet";

type QoS = 0 | 1 | 2;

/** Session of a client at the broker. */
class Session {
  readonly subscriptions = new Map<string, QoS>();
  /** Unacknowledged messages for the client, in order. */
  readonly queue: { packet: IPublishPacket; sent: boolean; released: boolean }[] = [];
  /** Identifiers of QoS 2 messages for which the client has not sent PUBREL. */
  readonly received = new Set<number>();
  lastId = 0;
  peer: Peer | undefined;
}

/** A connection of a client. */
export class Peer {
  session = new Session();
  clientId = "";
  will: IConnectPacket["will"];

  constructor(readonly socket: net.Socket) {}

  /** Sends packets in one segment. */
  send(...packets: Packet[]): void {
    this.sendBytes(Buffer.concat(packets.map((packet) => mqtt.generate(packet))));
  }

  sendBytes(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }
}

/** Handles a packet. Returns true to skip the broker's normal reaction. */
export type Script = (packet: Packet, peer: Peer) => boolean | void;

export class ScriptedBroker {
  script: Script = () => false;
  /** All received packets, in order. */
  readonly packets: Packet[] = [];
  readonly peers: Peer[] = [];
  #sessions = new Map<string, Session>();
  #retained = new Map<string, IPublishPacket>();

  private constructor(private readonly server: net.Server) {
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async start(): Promise<ScriptedBroker> {
    const server = net.createServer();
    const broker = new ScriptedBroker(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return broker;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** Returns the received packets of one type. */
  packetsOfType<C extends Packet["cmd"]>(cmd: C): Extract<Packet, { cmd: C }>[] {
    return this.packets.filter((packet) => packet.cmd === cmd) as Extract<Packet, { cmd: C }>[];
  }

  /** Deletes every session and closes every connection. */
  dropSessions(): void {
    this.#sessions.clear();
    for (const peer of this.peers) peer.socket.resetAndDestroy();
  }

  /** Publishes a message to all subscribers. */
  publish(topic: string, payload: string | Buffer, qos: QoS = 0, retain = false): void {
    const message: IPublishPacket = { cmd: "publish", topic, payload, qos, retain: false, dup: false };
    if (retain) this.#retained.set(topic, { ...message, retain: true });
    for (const session of this.#sessions.values()) this.#offer(session, message);
  }

  async close(): Promise<void> {
    for (const peer of this.peers) peer.socket.destroy();
    const closed = once(this.server, "close");
    this.server.close();
    await closed;
  }

  #accept(socket: net.Socket): void {
    socket.setNoDelay(true);
    const peer = new Peer(socket);
    this.peers.push(peer);
    const parser = mqtt.parser();
    parser.on("packet", (packet) => {
      this.packets.push(packet);
      if (this.script(packet, peer) !== true) this.#handle(packet, peer);
    });
    socket.on("data", (data) => parser.parse(data));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (peer.session.peer === peer) peer.session.peer = undefined;
      if (peer.will) this.publish(peer.will.topic, peer.will.payload as Buffer, peer.will.qos, peer.will.retain);
    });
  }

  #handle(packet: Packet, peer: Peer): void {
    const { session } = peer;
    const messageId = packet.messageId as number;
    switch (packet.cmd) {
      case "connect":
        return this.#connect(packet, peer);
      case "publish":
        if (packet.qos === 1) peer.send({ cmd: "puback", messageId });
        if (packet.qos === 2) peer.send({ cmd: "pubrec", messageId });
        if (packet.qos === 2 && session.received.has(messageId)) return;
        if (packet.qos === 2) session.received.add(messageId);
        return this.publish(packet.topic, packet.payload, packet.qos, packet.retain);
      case "pubrel":
        session.received.delete(messageId);
        return peer.send({ cmd: "pubcomp", messageId });
      case "pubrec":
        for (const entry of session.queue) if (entry.packet.messageId === messageId) entry.released = true;
        return peer.send({ cmd: "pubrel", messageId });
      case "puback":
      case "pubcomp": {
        const index = session.queue.findIndex((entry) => entry.packet.messageId === messageId);
        if (index >= 0) session.queue.splice(index, 1);
        return;
      }
      case "subscribe": {
        for (const { topic, qos } of packet.subscriptions) session.subscriptions.set(topic, qos as QoS);
        peer.send({ cmd: "suback", messageId, granted: packet.subscriptions.map((s) => s.qos as QoS) });
        for (const message of this.#retained.values())
          if (packet.subscriptions.some((s) => topicMatchesFilter(s.topic, message.topic)))
            this.#offer(session, message);
        return;
      }
      case "unsubscribe":
        for (const topic of packet.unsubscriptions) session.subscriptions.delete(topic);
        return peer.send({ cmd: "unsuback", messageId, granted: [] });
      case "pingreq":
        return peer.send({ cmd: "pingresp" });
      case "disconnect":
        peer.will = undefined;
        peer.socket.end();
    }
  }

  #connect(packet: IConnectPacket, peer: Peer): void {
    if (packet.clean) this.#sessions.delete(packet.clientId);
    const known = this.#sessions.get(packet.clientId);
    known?.peer?.socket.resetAndDestroy();
    peer.session = known ?? new Session();
    peer.session.peer = peer;
    peer.will = packet.will;
    peer.clientId = packet.clientId;
    this.#sessions.set(packet.clientId, peer.session);
    // closes a connection that is silent for 1.5 times its keep-alive [MQTT-3.1.2-24]
    if (packet.keepalive) peer.socket.setTimeout(packet.keepalive * 1500, () => peer.socket.destroy());
    peer.send({ cmd: "connack", returnCode: 0, sessionPresent: known !== undefined });
    for (const entry of peer.session.queue) {
      if (entry.released) peer.send({ cmd: "pubrel", messageId: entry.packet.messageId });
      else peer.send({ ...entry.packet, dup: entry.sent });
      entry.sent = true;
    }
  }

  #offer(session: Session, message: IPublishPacket): void {
    const granted = [...session.subscriptions].filter(([filter]) => topicMatchesFilter(filter, message.topic));
    if (granted.length === 0) return;
    const qos = Math.min(message.qos, Math.max(...granted.map(([, q]) => q))) as QoS;
    if (qos === 0) return session.peer?.send({ ...message, qos });
    session.lastId = (session.lastId % 65535) + 1;
    const packet = { ...message, qos, messageId: session.lastId };
    session.queue.push({ packet, sent: session.peer !== undefined, released: false });
    session.peer?.send(packet);
  }
}

/** Matches topics with a regular expression, independently of the client's implementation. */
export function topicMatchesFilter(filter: string, topic: string): boolean {
  if (/^[#+]/.test(filter) && topic.startsWith("$")) return false;
  const pattern = filter
    .split("/")
    .map((level) => (level === "#" ? ".*" : level === "+" ? "[^/]*" : level.replace(/[.*?^${}()|[\]\\]/g, "\\$&")))
    .join("/")
    // "sport/#" also matches "sport".
    .replace(/(^|\/)\.\*$/, (_, slash: string) => (slash ? "(/.*)?" : ".*"));
  return new RegExp(`^${pattern}$`, "s").test(topic);
}
