import { randomUUID } from "node:crypto";
import type { AuthenticateError, Client, ConnectPacket } from "aedes";
import { textOf } from "../common/errors.js";
import { connectionOf, Refusal, type AccessControl } from "./access-control.js";
import type { BrokerHandlers } from "./api.js";
import { REASON_CODE } from "../mqtt/packets.js";
import type { ConnectionLimit } from "./connection-limit.js";
import { sessionIdOf, formatSessionId } from "../storage/session-id.js";
import type { SessionManager } from "./session-manager.js";
import type { TakeoverDetector } from "./takeovers.js";

/**
 * The longest client id that the broker accepts, in characters. MQTT requires at least 23 [MQTT-3.1.3-5]. The client id
 * of a Nightlight board has up to 112 characters.
 */
const MAX_CLIENT_ID_LENGTH = 256;

/**
 * Maximum number of inflight messages of QoS 1 and 2 for a client with a persistent session, as in Mosquitto. A
 * reconnecting board may have a long queue but memory for only a few messages at a time.
 */
export const SESSION_RECEIVE_MAXIMUM = 20;

/**
 * The longest keep alive of an MQTT 5.0 client, in s. The broker notices a lost client after 1.5 times its keep alive.
 */
const MAX_KEEP_ALIVE = 3600;

export interface ConnectHandlerOptions {
  readonly access: AccessControl;
  readonly sessions: SessionManager;
  readonly takeovers: TakeoverDetector;
  readonly connectionLimit: ConnectionLimit;
  /** Size limit for the payload of a will, in bytes. */
  readonly payload: number;
  readonly handlers: BrokerHandlers;
  /** Returns the connected client with a session id; undefined if there is none. */
  clientOf(id: string): Client | undefined;
}

/** Fields of a CONNECT packet that the `authenticate` hook needs. aedes does not pass them to this hook. */
interface ConnectFields {
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly will: ConnectPacket["will"];
  readonly username: string | undefined;
}

/** Handles CONNECT packets: checks the login and the limits, and assigns client id and session. */
export class ConnectHandler {
  readonly #options: ConnectHandlerOptions;
  readonly #connects = new WeakMap<Client, ConnectFields>();

  constructor(options: ConnectHandlerOptions) {
    this.#options = options;
  }

  /** The `preConnect` hook of aedes: checks and completes the CONNECT packet. */
  preConnect(client: Client, packet: ConnectPacket, done: (error: Error | null, success: boolean) => void): void {
    this.#options.connectionLimit.recordConnect(connectionOf(client).stream);
    try {
      this.#prepare(client, packet);
      done(null, true);
    } catch (error) {
      this.#refuse(client, error);
      done(error as Error, false);
    }
  }

  #prepare(client: Client, packet: ConnectPacket): void {
    const connection = connectionOf(client);
    const { clean = true, clientId: requested } = packet;
    if (requested.length > MAX_CLIENT_ID_LENGTH)
      throw new Refusal("clientId", "over-limit", `a client id has at most ${MAX_CLIENT_ID_LENGTH} characters`);
    // The broker must refuse a client that has no client id and wants to keep its session [MQTT-3.1.3-8].
    if (requested === "" && !clean && packet.protocolVersion !== 5)
      throw new Refusal("clientId", "malformed-packet", "a session without a client id cannot be resumed");
    const clientId = requested || `auto-${randomUUID()}`;
    if (packet.will?.topic.startsWith("$")) {
      // Drop only the will, because Mosquitto bridges set a will whose topic begins with $. If the broker refused the
      // connection, such a bridge would reconnect forever.
      const problem = `its will on ${packet.will.topic} is dropped: topics that begin with $ are for the broker itself`;
      const { topic } = packet.will;
      this.#options.handlers.rejected("not-allowed", `${connection.address} (${clientId})`, problem, {
        clientId,
        topic,
      });
      packet.will = undefined;
    }
    packet.clientId = sessionIdOf(this.#options.access.claimedAccount(connection, packet.username), clientId);
    if (packet.protocolVersion === 5) this.#prepareVersion5(client, packet, requested === "" ? clientId : undefined);
    this.#connects.set(client, { clientId, cleanStart: clean, will: packet.will, username: packet.username });
  }

  #prepareVersion5(client: Client, packet: ConnectPacket, assigned: string | undefined): void {
    const connection = connectionOf(client);
    const properties = (packet.properties ??= {});
    connection.completion.wantsReasons = properties.requestProblemInformation !== false;
    connection.completion.connack.assignedClientIdentifier = assigned;
    if (properties.receiveMaximum === 0)
      throw new Refusal("protocolError", "malformed-packet", "Receive Maximum must not be 0");
    if (properties.maximumPacketSize === 0)
      throw new Refusal("protocolError", "malformed-packet", "Maximum Packet Size must not be 0");
    if (properties.authenticationMethod !== undefined || properties.authenticationData !== undefined)
      throw new Refusal("authenticationMethod", "malformed-packet", "enhanced authentication is not supported");
    connection.setLimits(properties);
    const { keepalive = 0 } = packet;
    if (keepalive === 0 || keepalive > MAX_KEEP_ALIVE)
      packet.keepalive = connection.completion.connack.serverKeepAlive = MAX_KEEP_ALIVE;
    // Give a resumed session an expiry interval while the connection is open. Without one, aedes would discard the
    // queue of the session.
    const endsWithConnection = packet.clean === false && !properties.sessionExpiryInterval;
    if (endsWithConnection && this.#options.sessions.hasSession(packet.clientId)) properties.sessionExpiryInterval = 1;
  }

  /** The `authenticate` hook of aedes: logs the client in. */
  authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    this.#login(client, username, password?.toString() ?? "").then(
      () => done(null, true),
      (error: unknown) => {
        if (!client.closed) this.#refuse(client, error);
        done(error as AuthenticateError, false);
      },
    );
  }

  async #login(client: Client, username: string | undefined, password: string): Promise<void> {
    const { access, sessions, takeovers, payload, handlers } = this.#options;
    const { clientId, cleanStart, will } = this.#connects.get(client)!;
    const { account, rights } = await access.login(client, username, password);
    if (client.closed) return;
    const { id, clean } = client;
    // If an administrator has created the first account during the password check, the session id no longer fits the
    // account.
    if (id !== sessionIdOf(account?.name, clientId))
      throw new Refusal("busy", "over-limit", "the accounts have changed");
    if (will && !rights.mayPublish(will.topic))
      throw new Refusal("notAuthorized", "not-allowed", `may not have a will on ${will.topic}`);
    if (will && will.payload.length > payload)
      throw new Refusal("tooLarge", "too-large", `a will of ${will.payload.length} bytes; the most is ${payload}`);
    const opened = sessions.open({ id, account, clean, cleanStart });
    if ("problem" in opened) throw new Refusal("quota", "over-limit", opened.problem);
    const connection = connectionOf(client);
    connection.title = formatSessionId(id);
    connection.origin = { account: account?.name, clientId };
    if (!clean) connection.setLimits({ receiveMaximum: SESSION_RECEIVE_MAXIMUM });
    connection.completion.connack.sessionPresent = opened.present;
    const existing = this.#options.clientOf(id);
    if (existing && takeovers.add(id, connectionOf(existing).address, connection.address))
      handlers.warned(
        `Two clients fight over the client id ${JSON.stringify(clientId)} (${formatSessionId(id)}): each connection ends the ` +
          `other. Give one of them another client id. They connect from ${takeovers.addressesOf(id).join(" and ")}.`,
      );
  }

  /**
   * Names a client for log messages. Shows a user name only if its account exists, because users sometimes type the
   * password as the user name.
   */
  #titleOf(client: Client): string {
    const { title } = connectionOf(client);
    const name = this.#connects.get(client)?.username;
    return this.#isKnown(name) ? `${title} as ${name}` : title;
  }

  #isKnown(username: string | undefined): boolean {
    return username !== undefined && this.#options.access.hasAccount(username);
  }

  #refuse(client: Client, error: unknown): void {
    const connection = connectionOf(client);
    if (error instanceof Refusal) {
      const { clientId, username } = this.#connects.get(client) ?? {};
      const account = this.#isKnown(username) ? username : undefined;
      this.#options.handlers.rejected(error.rejection, this.#titleOf(client), error.message, { account, clientId });
      connection.refuse(error.code, error.message);
      return;
    }
    this.#options.handlers.failed(`A login failed because of a bug in this server: ${textOf(error)}`);
    connection.refuse({ returnCode: 3, reasonCode: REASON_CODE.unspecified }, "the server failed");
  }
}
