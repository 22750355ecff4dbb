import { randomUUID } from "node:crypto";
import type { AuthenticateError, Client, ConnectPacket } from "aedes";
import { textOf } from "../common/errors.js";
import { connectionOf, Refusal, type Access } from "./access-control.js";
import type { BrokerHandlers } from "./api.js";
import { REASON } from "../mqtt/packets.js";
import type { Gate } from "./connection-limit.js";
import { sessionId, titleOf } from "../storage/session-id.js";
import type { Sessions } from "./session-manager.js";
import type { Takeovers } from "./takeovers.js";

/** The longest client id, in characters: MQTT demands 23 [MQTT-3.1.3-5], a board of ours has up to 112. */
const LONGEST_ID = 256;

/**
 * Messages of QoS 1 and 2 on their way to a session at most: Mosquitto's default. A board that was away finds its queue
 * waiting, and has memory for some of it at a time.
 */
export const SESSION_RECEIVE_MAXIMUM = 20;

/** The longest keep-alive of an MQTT 5.0 client, in s: a client that is gone is noticed in one and a half times that. */
const LONGEST_KEEP_ALIVE = 3600;

export interface AdmissionParts {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly takeovers: Takeovers;
  readonly gate: Gate;
  /** The largest will, in bytes. */
  readonly payload: number;
  readonly handlers: BrokerHandlers;
  /** The connected client with this id. */
  clientOf(id: string): Client | undefined;
}

/** What aedes does not tell when it asks for the login. */
interface Request {
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly will: ConnectPacket["will"];
  readonly username: string | undefined;
}

/** Decides about CONNECT packets: which client id and session a client gets, or why it gets none. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #requests = new WeakMap<Client, Request>();

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** The hook `preConnect` of aedes: completes the packet. */
  preConnect(client: Client, packet: ConnectPacket, done: (error: Error | null, success: boolean) => void): void {
    this.#parts.gate.known(connectionOf(client).stream);
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
    const { clean = true, clientId: given } = packet;
    if (given.length > LONGEST_ID)
      throw new Refusal("clientId", "over-limit", `a client id has at most ${LONGEST_ID} characters`);
    // [MQTT-3.1.3-8]
    if (given === "" && !clean && packet.protocolVersion !== 5)
      throw new Refusal("clientId", "malformed-packet", "a session without a client id cannot be resumed");
    const clientId = given || `auto-${randomUUID()}`;
    if (packet.will?.topic.startsWith("$")) {
      // bridges of Mosquitto have one, and connect again and again when they are refused because of it
      const problem = `its will on ${packet.will.topic} is dropped: topics that begin with $ are for the broker itself`;
      this.#parts.handlers.rejected("not-allowed", `${connection.address} (${clientId})`, problem);
      packet.will = undefined;
    }
    packet.clientId = sessionId(this.#parts.access.claimedAccount(connection, packet.username), clientId);
    if (packet.protocolVersion === 5) this.#prepare5(client, packet, given === "" ? clientId : undefined);
    this.#requests.set(client, { clientId, cleanStart: clean, will: packet.will, username: packet.username });
  }

  #prepare5(client: Client, packet: ConnectPacket, assigned: string | undefined): void {
    const connection = connectionOf(client);
    const properties = (packet.properties ??= {});
    connection.wantsReasons = properties.requestProblemInformation !== false;
    connection.connack.assignedClientIdentifier = assigned;
    if (properties.receiveMaximum === 0)
      throw new Refusal("protocolError", "malformed-packet", "Receive Maximum must not be 0");
    if (properties.maximumPacketSize === 0)
      throw new Refusal("protocolError", "malformed-packet", "Maximum Packet Size must not be 0");
    if (properties.authenticationMethod !== undefined || properties.authenticationData !== undefined)
      throw new Refusal("authenticationMethod", "malformed-packet", "enhanced authentication is not supported");
    connection.limit(properties);
    const { keepalive = 0 } = packet;
    if (keepalive === 0 || keepalive > LONGEST_KEEP_ALIVE)
      packet.keepalive = connection.connack.serverKeepAlive = LONGEST_KEEP_ALIVE;
    // aedes would resume a session that ends with this connection, and throw its queue away
    const isLast = packet.clean === false && !properties.sessionExpiryInterval;
    if (isLast && this.#parts.sessions.has(packet.clientId)) properties.sessionExpiryInterval = 1;
  }

  /** The hook `authenticate` of aedes. */
  authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    this.#letIn(client, username, password?.toString() ?? "").then(
      () => done(null, true),
      (error: unknown) => {
        if (!client.closed) this.#refuse(client, error);
        done(error as AuthenticateError, false);
      },
    );
  }

  async #letIn(client: Client, username: string | undefined, password: string): Promise<void> {
    const { access, sessions, takeovers, payload, handlers } = this.#parts;
    const { clientId, cleanStart, will } = this.#requests.get(client)!;
    const { account, rights } = await access.login(client, username, password);
    if (client.closed) return;
    const { id, clean } = client;
    // accounts became necessary while the password was checked
    if (id !== sessionId(account?.name, clientId)) throw new Refusal("busy", "over-limit", "the accounts have changed");
    if (will && !rights.publish(will.topic))
      throw new Refusal("notAuthorized", "not-allowed", `may not have a will on ${will.topic}`);
    if (will && will.payload.length > payload)
      throw new Refusal("tooLarge", "too-large", `a will of ${will.payload.length} bytes; the most is ${payload}`);
    const admitted = sessions.admit({ id, account, clean, cleanStart });
    if ("problem" in admitted) throw new Refusal("quota", "over-limit", admitted.problem);
    const connection = connectionOf(client);
    connection.title = titleOf(id);
    if (!clean) connection.limit({ receiveMaximum: SESSION_RECEIVE_MAXIMUM });
    connection.connack.sessionPresent = admitted.present;
    const before = this.#parts.clientOf(id);
    if (before && takeovers.add(id, connectionOf(before).address, connection.address))
      handlers.warned(
        `Two clients fight over the client id ${JSON.stringify(clientId)} (${titleOf(id)}): each connection ends the ` +
          `other. Give one of them another client id. They connect from ${takeovers.addressesOf(id).join(" and ")}.`,
      );
  }

  /** The client in messages to people. A user name that nobody has may be a password in the wrong field. */
  #titleOf(client: Client): string {
    const { title } = connectionOf(client);
    const name = this.#requests.get(client)?.username;
    return name !== undefined && this.#parts.access.isAccount(name) ? `${title} as ${name}` : title;
  }

  #refuse(client: Client, error: unknown): void {
    const connection = connectionOf(client);
    if (error instanceof Refusal) {
      this.#parts.handlers.rejected(error.rejection, this.#titleOf(client), error.message);
      connection.refuse(error.code, error.message);
      return;
    }
    this.#parts.handlers.failed(`A login failed because of a fault in this server: ${textOf(error)}`);
    connection.refuse({ returnCode: 3, reasonCode: REASON.unspecified }, "the server failed");
  }
}
