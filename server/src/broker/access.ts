import type { AuthenticateError, Client, PublishPacket } from "aedes";
import type { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Rejection } from "../counters.js";
import type { Limits } from "../options.js";
import { BusyError, type Account, type Accounts } from "../security/accounts.js";
import { EVERYTHING, rightsOf, type Rights } from "../security/acl.js";
import { certificateName } from "../security/certificates.js";
import { Sessions } from "./sessions.js";

/** The longest client id, in characters: MQTT asks for 23 [MQTT-3.1.3-5], a board of ours has up to 112. */
const LONGEST_ID = 256;

/** Return codes of CONNACK: MQTT 3.1.1, table 3.1. */
const IDENTIFIER_REJECTED = 2;
const UNAVAILABLE = 3;
const BAD_LOGIN = 4;
const NOT_AUTHORIZED = 5;

/** Told of what is refused: why, to whom, and in half a sentence what was wrong. */
export type Refused = (reason: Rejection, from: string, problem: string) => void;

/** Somebody who was let in. */
interface Guest {
  /** Undefined where no accounts are asked for. */
  readonly account: Account | undefined;
  readonly rights: Rights;
  /** For people: the user and the client id that the client gave. */
  readonly title: string;
  readonly filters: Set<string>;
}

/** What is used of aedes' client beside its types. */
interface Inside {
  id: string;
  _will?: Pick<PublishPacket, "topic" | "payload"> | null;
}

/** Why a login fails, with the return code of CONNACK. */
class Refusal extends Error {
  readonly returnCode: number;
  readonly reason: Rejection;

  constructor(returnCode: number, reason: Rejection, problem: string) {
    super(problem);
    this.returnCode = returnCode;
    this.reason = reason;
  }
}

/**
 * Who the clients are and what each may do.
 *
 * A session belongs to the account that made it [MQTT-3.1.2-4]: within the broker a client's id is `<user>\0<client id>`,
 * which no client can send. So nobody can take over the session of another account, nor occupy its client id.
 */
export class Access {
  readonly #accounts: Accounts;
  readonly #limits: Limits;
  readonly #refused: Refused;
  readonly #guests = new WeakMap<Client, Guest>();
  readonly #sessions: Sessions;

  constructor(accounts: Accounts, limits: Limits, sessions: Sessions, refused: Refused) {
    this.#accounts = accounts;
    this.#limits = limits;
    this.#sessions = sessions;
    this.#refused = refused;
  }

  /** Aedes' hook: an answer to CONNECT. */
  authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    this.#letIn(client, username, password?.toString() ?? "").then(
      () => done(null, true),
      (error: unknown) => {
        const refusal =
          error instanceof Refusal
            ? error
            : new Refusal(
                UNAVAILABLE,
                "over-limit",
                error instanceof BusyError ? "too many logins wait" : String(error),
              );
        const name = username === undefined ? "" : ` as ${username}`;
        this.#refused(refusal.reason, `${addressOf(client)}${name}`, refusal.message);
        endWithAnswer(client.conn);
        done(refusal as unknown as AuthenticateError, null);
      },
    );
  }

  async #letIn(client: Client, username: string | undefined, password: string): Promise<void> {
    const inside = client as unknown as Inside;
    const given = client.id;
    // [MQTT-1.5.3-2]
    if (given.includes("\0") || given.length > LONGEST_ID)
      throw new Refusal(
        IDENTIFIER_REJECTED,
        "over-limit",
        `a client id has at most ${LONGEST_ID} characters, none U+0000`,
      );
    const account = await this.#accountOf(client, username, password);
    // gone while its password was checked
    if (client.closed) return;
    const rights = account ? rightsOf(account) : EVERYTHING;
    const will = inside._will;
    if (will && !rights.publish(will.topic))
      throw new Refusal(NOT_AUTHORIZED, "not-allowed", `may not have a will on ${will.topic}`);
    if (will && will.payload.length > this.#limits.payload)
      throw new Refusal(NOT_AUTHORIZED, "too-large", `a will of ${will.payload.length} bytes`);
    if (account) inside.id = `${account.name}\0${given}`;
    const full = this.#sessions.enter(client, account?.role === "device");
    if (full) throw new Refusal(UNAVAILABLE, "over-limit", full);
    const title = account ? `${account.name} (${given})` : given;
    this.#guests.set(client, { account, rights, title, filters: new Set() });
  }

  async #accountOf(client: Client, username: string | undefined, password: string): Promise<Account | undefined> {
    if (!this.#accounts.required) return undefined;
    const certified = certificateName(socketOf(client));
    if (certified !== undefined && (username ?? certified) === certified) {
      const account = this.#accounts.byName(certified);
      if (account) return account;
    }
    if (username === undefined)
      throw new Refusal(NOT_AUTHORIZED, "bad-login", "no user name was given, and this server asks for one");
    const account = await this.#accounts.check(username, password, addressOf(client));
    if (account) return account;
    throw new Refusal(BAD_LOGIN, "bad-login", "the user name or the password is wrong");
  }

  /** Why the client may not publish this; undefined when it may. */
  publishProblem(client: Client, { topic, payload }: PublishPacket): [Rejection, string] | undefined {
    if (!this.#guests.get(client)?.rights.publish(topic)) return ["not-allowed", `may not publish on ${topic}`];
    if (payload.length > this.#limits.payload)
      return ["too-large", `a payload above ${this.#limits.payload} bytes on ${topic}`];
    return undefined;
  }

  /** Whether the subscription is granted, and remembers it; the answer is the same when asked again. */
  subscribe(client: Client, filter: string): boolean {
    const guest = this.#guests.get(client);
    if (!guest) return false;
    const { filters, rights, title } = guest;
    if (filters.has(filter)) return true;
    if (!rights.subscribe(filter)) {
      this.#refused("not-allowed", title, `may not subscribe to ${filter}`);
      return false;
    }
    if (filters.size >= this.#limits.subscriptions) {
      this.#refused("over-limit", title, `more than ${this.#limits.subscriptions} subscriptions`);
      return false;
    }
    filters.add(filter);
    return true;
  }

  /** How many subscriptions the client has. */
  subscriptionsOf(client: Client): number {
    return this.#guests.get(client)?.filters.size ?? 0;
  }

  /** The client has given up these subscriptions. */
  unsubscribe(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#guests.get(client)?.filters.delete(filter);
  }

  /** What the client may do; undefined when it has not logged in. */
  rightsOf(client: Client): Rights | undefined {
    return this.#guests.get(client)?.rights;
  }

  /** Whether a message on this topic may be delivered to the client. */
  mayRead(client: Client, topic: string): boolean {
    return this.#guests.get(client)?.rights.read(topic) ?? false;
  }

  /** The client for people; its address as long as it has not logged in. */
  titleOf(client: Client): string {
    return this.#guests.get(client)?.title ?? addressOf(client);
  }

  /** Whether the client's account is still what it was when the client logged in. */
  stillIn(client: Client): boolean {
    const guest = this.#guests.get(client);
    if (!guest || !this.#accounts.required) return true;
    return guest.account !== undefined && this.#accounts.byName(guest.account.name) === guest.account;
  }
}

/** A client that is stored, without its object: whose it is, and the id that it gave. */
export function titleOfId(id: string): string {
  const [name, given] = id.split("\0", 2);
  return given === undefined ? name : `${name} (${given})`;
}

/** How long the answer to a client that is refused may take to leave, in ms. */
const ANSWER = 1000;

/** Has the connection ended when what was written has left: aedes would drop a CONNACK that TLS or WebSocket still has. */
function endWithAnswer(conn: Duplex): void {
  const destroy = conn.destroy.bind(conn);
  let ending = false;
  conn.destroy = () => {
    if (ending) return conn;
    ending = true;
    setTimeout(destroy, ANSWER).unref();
    return conn.end(() => destroy());
  };
}

function socketOf(client: Client): Duplex | Socket {
  return (client.req as IncomingMessage | undefined)?.socket ?? client.conn;
}

function addressOf(client: Client): string {
  return (socketOf(client) as Partial<Socket>).remoteAddress ?? "a client";
}
