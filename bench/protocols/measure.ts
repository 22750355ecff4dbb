/** Measures the bytes and round trips of a protocol. */
import { readingOf, type Device, type Protocol, type Stand, type Terms, type TlsPair } from "./job.js";
import { Meter, type Bytes } from "./meter.js";

/** Number of readings for the average. */
const READINGS = 50;

/** A keep-alive long enough that no keep-alive packet occurs while readings are measured, in s. */
const NEVER = 600;

export interface Measured {
  readonly name: string;
  readonly tls: boolean;
  /** Whether each reading used a new connection. Then `reading` includes the connection and `connection` is meaningless. */
  readonly each: boolean;
  /** Round trips from a closed connection to the first answer, with TCP's handshake. */
  readonly roundTrips: number;
  /** Bytes to connect, subscribe and disconnect. */
  readonly connection: Bytes;
  /** Bytes of a reading and its answer, with all acknowledgements. */
  readonly reading: Bytes;
  /** Bytes of a command without a reading; for HTTP, of a polling request. */
  readonly command: Bytes;
  /** Bytes of one keep-alive exchange; undefined for protocols without keep-alive. */
  readonly pulse?: Bytes;
}

const plus = (a: Bytes, b: Bytes): Bytes => ({ up: a.up + b.up, down: a.down + b.down });
const minus = (a: Bytes, b: Bytes): Bytes => ({ up: a.up - b.up, down: a.down - b.down });

/** Measures a protocol with a server of its own on loopback. */
export async function measure(protocol: Protocol, tls?: TlsPair): Promise<Measured> {
  const figures = await counting(protocol, { keepAlive: NEVER, tls }, async (stand, meter, connect) => {
    const device = await connect();
    const ready = await meter.take();
    // HTTP connects with the first reading, which therefore needs more bytes than the others
    await device.send(readingOf(1000));
    const first = await meter.take();
    for (let seq = 1001; seq <= 1000 + READINGS; seq++) await device.send(readingOf(seq));
    const all = await meter.take();
    const reading = { up: all.up / READINGS, down: all.down / READINGS };
    const next = device.command();
    stand.command?.('{"led_on":true}');
    await next;
    const command = await meter.take();
    await device.close();
    const left = await meter.take();
    const connection = plus(ready, stand.command ? left : plus(minus(first, reading), left));
    return { connection, reading, command, pulses: stand.command !== undefined };
  });
  const { connection, reading, command, pulses } = figures;
  const pulse = pulses ? await pulseOf(protocol, tls) : undefined;
  const roundTrips = await roundTripsOf(protocol, tls);
  const each = protocol.each === true;
  return { name: protocol.name, tls: tls !== undefined, each, connection, reading, command, pulse, roundTrips };
}

function pulseOf(protocol: Protocol, tls?: TlsPair): Promise<Bytes> {
  return counting(protocol, { keepAlive: 1, tls }, async (_stand, meter, connect) => {
    const device = await connect();
    const pulse = await meter.pulse();
    await device.close();
    return pulse;
  });
}

/** Counts the round trips of a board that connects and sends its first reading at once. */
function roundTripsOf(protocol: Protocol, tls?: TlsPair): Promise<number> {
  const work = async (_stand: Stand, meter: Meter, connect: () => Promise<Device>): Promise<number> => {
    const device = await connect();
    await device.send(readingOf(1000));
    const { turns } = meter;
    await device.close();
    return 1 + turns;
  };
  // 50 ms of latency, so that packets sent without waiting for an answer count as one round trip
  return counting(protocol, { keepAlive: NEVER, tls }, work, 50);
}

/** Runs `work` with a server behind a byte counter, and stops both afterwards. */
async function counting<T>(
  protocol: Protocol,
  terms: Terms,
  work: (stand: Stand, meter: Meter, connect: () => Promise<Device>) => Promise<T>,
  delay = 0,
): Promise<T> {
  const stand = await protocol.serve(terms);
  const meter = await Meter.start(stand.port, delay);
  try {
    return await work(stand, meter, () => protocol.connect(meter.port, terms));
  } finally {
    await meter.close();
    await stand.close();
  }
}
