import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { idProblem } from "../../../contract/index.js";
import { isLoopback } from "../common/hosts.js";
import { textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";
import { networkOf } from "../security/network.js";
import { UPDATE_KEY_BYTES, type UpdateKeys } from "../security/update-keys.js";
import { clock } from "../time/monotonic-clock.js";
import { COMMAND_NAME } from "../common/command-name.js";
import { AdapterLink } from "./adapter-link.js";
import { createHello, NONCE_BYTES, PROOF, seedOf, Session } from "./session.js";
import { idOfUpdatePath } from "./update-path.js";

/** Limits against clients without a key. */
export interface EndpointLimits {
  /** Maximum number of connections, with and without proof of a key. */
  readonly connections: number;
  /** Maximum number of connections that have not proved their key. */
  readonly unproved: number;
  /**
   * The same for each IPv4 address and each IPv6 network (/64), except loopback: a reverse proxy opens the connections of
   * all clients.
   */
  readonly unprovedPerAddress: number;
  /** How long a client may take to prove its key, in ms. */
  readonly proofTimeout: number;
}

const DEFAULT_LIMITS: EndpointLimits = {
  connections: 2000,
  unproved: 64,
  unprovedPerAddress: 8,
  proofTimeout: 10_000,
};

/** Largest message of a board, in bytes. A board sends at most 256 bytes of its log in a message. */
const MAX_MESSAGE_BYTES = 1024;

/** Maximum number of ids that are neither boards nor have a key, and are logged in each interval. */
const MAX_STRANGERS = 20;
/** Length of that interval, in ms. */
const STRANGERS_INTERVAL = 3_600_000;

const PROTOCOL_PATTERN = new RegExp(`^devs-key-([0-9a-f]{${NONCE_BYTES * 2}})$`);

export interface UpdateEndpointOptions {
  readonly keys: Pick<UpdateKeys, "find">;
  /** Returns whether the server knows a board with this id. */
  isKnown(id: string): boolean;
  readonly log: Log;
  readonly limits?: Partial<EndpointLimits>;
  /** Called when a board has proved its key. A later connection of the same board replaces an earlier one. */
  onConnect(id: string, link: AdapterLink): void;
}

/**
 * The WebSocket endpoint `/updates/<device id>`, to which the update adapter in the runtime of boards connects. Accepts
 * only clients that know the key of the board.
 */
export class UpdateEndpoint {
  readonly #options: UpdateEndpointOptions;
  readonly #limits: EndpointLimits;
  readonly #server: WebSocketServer;
  readonly #links = new Map<string, { readonly link: AdapterLink; readonly socket: WebSocket }>();
  /** Number of connections that have not proved their key, by address. */
  readonly #unproved = new Map<string, number>();
  #unprovedCount = 0;
  /** Boards with a wrong key, and boards without a key, that were logged. */
  readonly #warned = new Set<string>();
  /** Other ids that were logged in this interval. */
  readonly #strangers = new Set<string>();
  /** When the interval began, by `clock.now()`. */
  #strangersSince = -Infinity;
  #lastProblem = "";

  constructor(options: UpdateEndpointOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: (offered) => [...offered].find((name) => PROTOCOL_PATTERN.test(name)) ?? false,
    });
  }

  /** Accepts a WebSocket request for a path below `/updates/`, or refuses it. Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, refuse: RefuseUpgrade): void {
    socket.on("error", () => {});
    this.#accept(request, socket, head, refuse).catch((error: unknown) => {
      this.#logProblem(textOf(error));
      refuse(500, "The server failed to handle this request; see its log for the reason.");
    });
  }

  /** Closes all connections. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  async #accept(request: IncomingMessage, socket: Duplex, head: Buffer, refuse: RefuseUpgrade): Promise<void> {
    const { connections, unproved, unprovedPerAddress } = this.#limits;
    const address = request.socket.remoteAddress ?? "";
    const counted = isLoopback(address.replace(/^::ffff:/, "")) ? "" : networkOf(address);
    if (
      this.#server.clients.size >= connections ||
      this.#unprovedCount >= unproved ||
      (counted && (this.#unproved.get(counted) ?? 0) >= unprovedPerAddress)
    )
      return refuse(503, "Too many boards are connecting at once; try again in a few seconds.");
    const release = this.#countUnproved(counted, socket);
    const nonce = PROTOCOL_PATTERN.exec(request.headers["sec-websocket-protocol"] ?? "")?.[1];
    const id = idOfUpdatePath(request.url!.split("?", 1)[0]);
    if (!nonce) return refuse(400, "The subprotocol must be devs-key- and 32 hexadecimal digits.");
    if (id === undefined) return refuse(404, "The path must end with /updates/ and the id of a board.");
    const key = await this.#options.keys.find(id);
    this.#lastProblem = "";
    if (socket.destroyed) return;
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#authenticate(client, id, key, Buffer.from(nonce, "hex"), release);
    });
  }

  /** Counts a connection until `release` is called or the connection ends. */
  #countUnproved(address: string, socket: Duplex): () => void {
    this.#unprovedCount++;
    this.#unproved.set(address, (this.#unproved.get(address) ?? 0) + 1);
    let isCounted = true;
    const release = (): void => {
      if (!isCounted) return;
      isCounted = false;
      this.#unprovedCount--;
      const left = this.#unproved.get(address)! - 1;
      if (left > 0) this.#unproved.set(address, left);
      else this.#unproved.delete(address);
    };
    socket.once("close", release);
    return release;
  }

  #authenticate(client: WebSocket, id: string, key: Buffer | undefined, nonce: Buffer, onProved: () => void): void {
    const hello = createHello();
    // Without a key, nobody can prove one. A stranger gets the same answers, so as not to learn which ids exist.
    const session = new Session("server", key ?? randomBytes(UPDATE_KEY_BYTES), nonce, seedOf(hello)!);
    const timer = setTimeout(() => client.terminate(), this.#limits.proofTimeout);
    client.on("error", () => client.terminate());
    client.on("close", () => clearTimeout(timer));
    client.once("message", (data: Buffer, isBinary) => {
      clearTimeout(timer);
      const proof = isBinary ? session.decrypt(data) : undefined;
      // without the first condition, a stranger could guess a proof of the random key
      if (!key || !proof?.equals(PROOF)) {
        if (key) this.#warnOfWrongKey(id);
        else this.#warnOfMissingKey(id);
        return client.terminate();
      }
      onProved();
      this.#warned.delete(id);
      client.send(session.encrypt(PROOF));
      this.#connect(id, client, new AdapterLink(client, session));
    });
    client.send(hello);
  }

  #connect(id: string, socket: WebSocket, link: AdapterLink): void {
    // A board has one adapter, so an earlier connection is left over from before a restart of the board.
    this.#links.get(id)?.socket.terminate();
    this.#links.set(id, { link, socket });
    link.onClose(() => {
      if (this.#links.get(id)?.link === link) this.#links.delete(id);
    });
    this.#options.onConnect(id, link);
  }

  /** Logs a problem once, because boards try again every few seconds. */
  #logProblem(problem: string): void {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    this.#options.log.error("update", `A board could not connect for an update: ${problem}`);
  }

  /** Logs that a board has no key. Logs only some ids that are no boards, because strangers choose them. */
  #warnOfMissingKey(id: string): void {
    const isKnown = this.#options.isKnown(id);
    const logged = isKnown ? this.#warned : this.#currentStrangers();
    if (logged.has(id) || (!isKnown && logged.size >= MAX_STRANGERS) || idProblem(id)) return;
    logged.add(id);
    const problem = `${id} connected for an update, but this server has no key for it. ${remedyOf(id)}`;
    this.#options.log.warn("update", problem, { id });
  }

  #currentStrangers(): Set<string> {
    if (clock.now() - this.#strangersSince >= STRANGERS_INTERVAL) {
      this.#strangers.clear();
      this.#strangersSince = clock.now();
    }
    return this.#strangers;
  }

  #warnOfWrongKey(id: string): void {
    if (this.#warned.has(id)) return;
    this.#warned.add(id);
    const problem = `${id} connected for an update with a wrong key, so that its program cannot be replaced. ${remedyOf(id)}`;
    this.#options.log.warn("update", problem, { id });
  }
}

/** Answers an upgrade request with an HTTP status and closes the connection. */
export type RefuseUpgrade = (status: number, problem: string) => void;

function remedyOf(id: string): string {
  return `${COMMAND_NAME} update url ${id} prints the UPDATE_URL to store on the board.`;
}
