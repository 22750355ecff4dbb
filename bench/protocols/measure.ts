/** What a protocol takes for the job, in bytes. */
import { readingOf, type Device, type Protocol, type Stand, type Terms, type TlsPair } from "./job.js";
import { Meter, type Bytes } from "./meter.js";

/** Readings that the mean is taken of. */
const READINGS = 50;

/** Long enough not to be met while readings are measured, in s. */
const NEVER = 600;

export interface Measured {
  readonly name: string;
  readonly tls: boolean;
  /** Whether each reading made a connection of its own: then `connection` has nothing to say. */
  readonly each: boolean;
  /** From nothing to the first answer, with TCP's own. */
  readonly roundTrips: number;
  /** To be ready for readings and commands, and to leave. */
  readonly connection: Bytes;
  /** A reading and its answer, with all acknowledgements. */
  readonly reading: Bytes;
  /** A command that answers no reading; of HTTP, asking for it. */
  readonly command: Bytes;
  /** What is sent once to keep the connection alive; undefined where there is nothing of the kind. */
  readonly pulse?: Bytes;
}

const plus = (a: Bytes, b: Bytes): Bytes => ({ up: a.up + b.up, down: a.down + b.down });
const minus = (a: Bytes, b: Bytes): Bytes => ({ up: a.up - b.up, down: a.down - b.down });

/** Runs a protocol against a server of its own, all of it on loopback. */
export async function measure(protocol: Protocol, tls?: TlsPair): Promise<Measured> {
  const figures = await counting(protocol, { keepAlive: NEVER, tls }, async (stand, meter, connect) => {
    const device = await connect();
    const ready = await meter.take();
    // HTTP connects with the first reading, which takes more than the others then
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

/** A board that has just come up: it connects, and its first reading follows at once. */
function roundTripsOf(protocol: Protocol, tls?: TlsPair): Promise<number> {
  const work = async (_stand: Stand, meter: Meter, connect: () => Promise<Device>): Promise<number> => {
    const device = await connect();
    await device.send(readingOf(1000));
    const { turns } = meter;
    await device.close();
    return 1 + turns;
  };
  // far enough away that what is sent without waiting is on its way together
  return counting(protocol, { keepAlive: NEVER, tls }, work, 50);
}

/** Does `work` with a server and a meter before it, both ended after it. */
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
