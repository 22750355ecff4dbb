import type { Client } from "aedes";

/** A packet as mqtt-packet gives it. */
interface Packet {
  readonly cmd: string;
  readonly qos?: number;
  readonly subscriptions?: readonly unknown[];
  readonly unsubscriptions?: readonly unknown[];
}

/** What is used of aedes' client beside its types. */
interface Inside {
  readonly connackSent: boolean;
  readonly closed: boolean;
  readonly _parser: {
    listeners(event: "packet"): ((packet: Packet) => void)[];
    removeAllListeners(event: "packet"): void;
    on(event: "packet", listener: (packet: Packet) => void): void;
  };
  /** How many packets are worked upon; at 0 the next bytes are read. */
  _parsingBatch: number;
  _nextBatch(): void;
  readonly _keepaliveTimer: { refresh(): void } | null;
}

/** More than the packets of any one chunk. */
const HOLD = 1e9;

/** How often packets that wait are let through, in ms. */
const STEP = 10;

/**
 * Slows down a client that sends more than its share. A token bucket holds a second's worth; beyond it, what has been
 * read waits, and nothing more is read from the socket, so that TCP slows the client itself down. Others do not notice.
 *
 * A message costs 1, a subscription 1 for each filter, a ping 1. An acknowledgement is free where there is something to
 * acknowledge.
 */
export class Pace {
  readonly #client: Inside;
  readonly #handle: (packet: Packet) => void;
  readonly #rate: number;
  #tokens: number;
  #at = performance.now();
  /** Acknowledgements that may come. */
  #owed = 0;
  #held: Packet[] = [];

  /** Takes hold of a new client. @param rate packets in a second, on average */
  constructor(client: Client, rate: number) {
    this.#client = client as unknown as Inside;
    this.#rate = rate;
    this.#tokens = rate;
    const { _parser: parser } = this.#client;
    const [handle] = parser.listeners("packet");
    this.#handle = handle.bind(parser);
    parser.removeAllListeners("packet");
    parser.on("packet", (packet) => this.#take(packet));
  }

  /** A message goes out to the client at this QoS. */
  sent(qos: number): void {
    this.#owed += qos;
  }

  /** Whether packets of the client wait here. */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  /** The client has acknowledged a message; false when there was none to acknowledge. */
  acknowledged(): boolean {
    if (this.#owed === 0) return false;
    this.#owed--;
    return true;
  }

  /** Nothing more is read from the client. */
  stop(): void {
    this.#client._parsingBatch += HOLD;
  }

  /** It is read from again. */
  goOn(): void {
    const client = this.#client;
    client._parsingBatch = Math.max(1, client._parsingBatch - HOLD);
    client._nextBatch();
  }

  /** Pays for packets; false when there is nothing to pay with. */
  pay(cost: number): boolean {
    if (this.#tokens <= 0) this.#fill();
    if (this.#tokens <= 0) return false;
    this.#tokens -= cost;
    return true;
  }

  #fill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#at) * this.#rate) / 1000);
    this.#at = now;
  }

  #take(packet: Packet): void {
    // what comes before is bounded by the broker: 42 packets
    if (!this.#client.connackSent || (this.#held.length === 0 && this.#payFor(packet))) return this.#handle(packet);
    this.#held.push(packet);
    if (this.#held.length > 1) return;
    this.stop();
    this.#wait();
  }

  #wait(): void {
    // not unref'd: as long as there are packets there is a connection
    setTimeout(() => this.#release(), STEP);
  }

  #release(): void {
    const client = this.#client;
    if (client.closed) {
      this.#held = [];
      return;
    }
    let released = 0;
    while (released < this.#held.length && this.#payFor(this.#held[released])) this.#handle(this.#held[released++]);
    this.#held = this.#held.slice(released);
    // it has been heard of, though what it says now cannot be read yet
    client._keepaliveTimer?.refresh();
    if (this.#held.length > 0) return this.#wait();
    this.goOn();
  }

  /** A dear one may leave a debt. */
  #payFor(packet: Packet): boolean {
    const cost = this.#costOf(packet);
    if (cost === 0) return true;
    if (!this.pay(cost)) return false;
    if (packet.cmd === "publish" && packet.qos === 2) this.#owed++;
    return true;
  }

  #costOf({ cmd, subscriptions, unsubscriptions }: Packet): number {
    switch (cmd) {
      case "puback":
      case "pubrec":
      case "pubcomp":
      case "pubrel":
        return this.acknowledged() ? 0 : 1;
      case "disconnect":
        return 0;
      default:
        return subscriptions?.length ?? unsubscriptions?.length ?? 1;
    }
  }
}
