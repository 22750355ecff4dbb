/** Measures the bytes and round trips of a protocol. */
import {
  readingOf,
  type ProtocolClient,
  type Protocol,
  type ProtocolServer,
  type ConnectionParameters,
  type TlsCertificate,
} from "./exchange.js";
import { CountingProxy, type ByteCounts } from "./counting-proxy.js";

/** Number of readings over which the benchmark averages the bytes per reading. */
const READING_COUNT = 50;

/** A keep-alive long enough that no keep-alive packet occurs while readings are measured, in s. */
const LONG_KEEP_ALIVE_SECONDS = 600;

export interface ProtocolResult {
  readonly name: string;
  readonly tls: boolean;
  /**
   * Whether each reading used a new connection. If so, `reading` includes the bytes of the connection, and `connection`
   * is meaningless.
   */
  readonly each: boolean;
  /** Round trips from a closed connection to the first answer, with TCP's handshake. */
  readonly roundTrips: number;
  /** Bytes to connect, subscribe and disconnect. */
  readonly connection: ByteCounts;
  /** Bytes of a reading and its answer, with all acknowledgements. */
  readonly reading: ByteCounts;
  /** Bytes of a command that does not answer a reading; for HTTP, bytes of a polling request. */
  readonly command: ByteCounts;
  /** Bytes of one keep-alive exchange; undefined for protocols without keep-alive. */
  readonly pulse?: ByteCounts;
}

const addBytes = (a: ByteCounts, b: ByteCounts): ByteCounts => ({ up: a.up + b.up, down: a.down + b.down });
const subtractBytes = (a: ByteCounts, b: ByteCounts): ByteCounts => ({ up: a.up - b.up, down: a.down - b.down });

/** Measures a protocol with a new server on loopback. */
export async function measureProtocol(protocol: Protocol, tls?: TlsCertificate): Promise<ProtocolResult> {
  const figures = await withCountedServer(
    protocol,
    { keepAlive: LONG_KEEP_ALIVE_SECONDS, tls },
    async (server, proxy, connect) => {
      const device = await connect();
      const ready = await proxy.readAndResetCounts();
      // counts the first reading separately, because it needs more bytes over HTTP, which connects with the first reading
      await device.send(readingOf(1000));
      const first = await proxy.readAndResetCounts();
      for (let seq = 1001; seq <= 1000 + READING_COUNT; seq++) await device.send(readingOf(seq));
      const all = await proxy.readAndResetCounts();
      const reading = { up: all.up / READING_COUNT, down: all.down / READING_COUNT };
      const next = device.receiveCommand();
      server.sendCommand?.('{"led_on":true}');
      await next;
      const command = await proxy.readAndResetCounts();
      await device.close();
      const left = await proxy.readAndResetCounts();
      const connection = addBytes(ready, server.sendCommand ? left : addBytes(subtractBytes(first, reading), left));
      return { connection, reading, command, pulses: server.sendCommand !== undefined };
    },
  );
  const { connection, reading, command, pulses } = figures;
  const pulse = pulses ? await measureKeepAlive(protocol, tls) : undefined;
  const roundTrips = await countRoundTrips(protocol, tls);
  const each = protocol.connectsPerReading === true;
  return { name: protocol.name, tls: tls !== undefined, each, connection, reading, command, pulse, roundTrips };
}

function measureKeepAlive(protocol: Protocol, tls?: TlsCertificate): Promise<ByteCounts> {
  return withCountedServer(protocol, { keepAlive: 1, tls }, async (_server, proxy, connect) => {
    const device = await connect();
    const pulse = await proxy.measureKeepAliveBytes();
    await device.close();
    return pulse;
  });
}

/** Counts the round trips of a board that connects and sends its first reading at once. */
function countRoundTrips(protocol: Protocol, tls?: TlsCertificate): Promise<number> {
  const countWithProxy = async (
    _server: ProtocolServer,
    proxy: CountingProxy,
    connect: () => Promise<ProtocolClient>,
  ): Promise<number> => {
    const device = await connect();
    await device.send(readingOf(1000));
    const { roundTrips } = proxy;
    await device.close();
    return 1 + roundTrips;
  };
  // adds 50 ms of latency, so that packets sent without waiting for an answer count as one round trip
  return withCountedServer(protocol, { keepAlive: LONG_KEEP_ALIVE_SECONDS, tls }, countWithProxy, 50);
}

/** Runs `work` with a new server and a byte-counting proxy in front of it, and stops both afterwards. */
async function withCountedServer<T>(
  protocol: Protocol,
  parameters: ConnectionParameters,
  work: (server: ProtocolServer, proxy: CountingProxy, connect: () => Promise<ProtocolClient>) => Promise<T>,
  delay = 0,
): Promise<T> {
  const server = await protocol.startServer(parameters);
  const proxy = await CountingProxy.start(server.port, delay);
  try {
    return await work(server, proxy, () => protocol.connect(proxy.port, parameters));
  } finally {
    await proxy.close();
    await server.close();
  }
}
