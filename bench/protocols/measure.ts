/** What a protocol takes for the job, in bytes. */
import { readingOf, type Protocol, type TlsPair } from "./job.js";
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
  const terms = { keepAlive: NEVER, tls };
  const stand = await protocol.serve(terms);
  const meter = await Meter.start(stand.port);
  try {
    const device = await protocol.connect(meter.port, terms);
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
    const pulse = stand.command && (await pulseOf(protocol, tls));
    return {
      name: protocol.name,
      tls: tls !== undefined,
      each: protocol.each === true,
      connection,
      reading,
      command,
      pulse,
    };
  } finally {
    await meter.close();
    await stand.close();
  }
}

async function pulseOf(protocol: Protocol, tls?: TlsPair): Promise<Bytes> {
  const terms = { keepAlive: 1, tls };
  const stand = await protocol.serve(terms);
  const meter = await Meter.start(stand.port);
  try {
    const device = await protocol.connect(meter.port, terms);
    const pulse = await meter.pulse();
    await device.close();
    return pulse;
  } finally {
    await meter.close();
    await stand.close();
  }
}
