import type { Client } from "aedes";
import type { IPublishPacket } from "mqtt-packet";
import type { Rejection } from "../observability/counters.js";
import { matches } from "../mqtt/topics.js";
import { BusyError, type Account, type Accounts } from "../security/accounts.js";
import { FULL_ACCESS, permissionsOf, type Permissions } from "../security/acl.js";
import { certificateName } from "../security/certificates.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { Connection } from "./connection.js";
import type { StoredSubscription } from "../storage/session.js";
import { REASON } from "../mqtt/packets.js";

/** Why a client is not let in, for CONNACK of MQTT 3.1.1 (table 3.1) and 5.0 (table 3-1). */
export const REFUSALS = {
  clientId: { returnCode: 2, reasonCode: REASON.clientIdentifierNotValid },
  busy: { returnCode: 3, reasonCode: REASON.serverUnavailable },
  quota: { returnCode: 3, reasonCode: REASON.quotaExceeded },
  tooManyAttempts: { returnCode: 3, reasonCode: REASON.connectionRateExceeded },
  badLogin: { returnCode: 4, reasonCode: REASON.badUserNameOrPassword },
  notAuthorized: { returnCode: 5, reasonCode: REASON.notAuthorized },
  tooLarge: { returnCode: 5, reasonCode: REASON.packetTooLarge },
  protocolError: { returnCode: 5, reasonCode: REASON.protocolError },
  authenticationMethod: { returnCode: 5, reasonCode: REASON.badAuthenticationMethod },
} as const;

/** A client is not let in. */
export class Refusal extends Error {
  readonly code: (typeof REFUSALS)[keyof typeof REFUSALS];
  readonly rejection: Rejection;

  constructor(code: keyof typeof REFUSALS, rejection: Rejection, problem: string) {
    super(problem);
    this.code = REFUSALS[code];
    this.rejection = rejection;
  }
}

/** A client that is let in. */
export interface Login {
  /** Undefined where clients need no account. */
  readonly account: Account | undefined;
  readonly rights: Permissions;
  /** By topic filter. */
  readonly subscriptions: Map<string, GrantedSubscription>;
}

interface GrantedSubscription {
  readonly qos: number;
  /** MQTT 5.0, 3.8.2.1.2. */
  readonly identifier: number | undefined;
  /** Whether messages keep the retain flag of their publisher [MQTT-3.3.1-13]. */
  readonly retainAsPublished: boolean;
  /** Whether the client's own messages are left out [MQTT-3.8.3-3]. */
  readonly noLocal: boolean;
}

/** The connection of a client: the stream that was handed to aedes. */
export function connectionOf(client: Client): Connection {
  return client.conn as Connection;
}

/** Who the clients are, and what each may do. */
export class Access {
  readonly #accounts: Accounts;
  readonly #check: PasswordCheck;
  readonly #maxSubscriptions: number;
  readonly #logins = new WeakMap<Client, Login>();

  constructor(accounts: Accounts, check: PasswordCheck, maxSubscriptions: number) {
    this.#accounts = accounts;
    this.#check = check;
    this.#maxSubscriptions = maxSubscriptions;
  }

  /** The account that a client claims to have: its certificate's, or that of its user name. */
  claimedAccount({ socket }: Connection, username: string | undefined): string | undefined {
    if (!this.#accounts.required) return undefined;
    return this.#certified(socket, username)?.name ?? username;
  }

  isAccount(name: string): boolean {
    return this.#accounts.byName(name) !== undefined;
  }

  /** @throws Refusal when the client has no account, or cannot prove it */
  async login(client: Client, username: string | undefined, password: string): Promise<Login> {
    const account = await this.#accountOf(connectionOf(client), username, password);
    const rights = account ? permissionsOf(account) : FULL_ACCESS;
    const login = { account, rights, subscriptions: new Map<string, GrantedSubscription>() };
    this.#logins.set(client, login);
    return login;
  }

  async #accountOf(
    { address, socket }: Connection,
    username: string | undefined,
    password: string,
  ): Promise<Account | undefined> {
    if (!this.#accounts.required) return undefined;
    const certified = this.#certified(socket, username);
    if (certified) return certified;
    if (username === undefined)
      throw new Refusal("notAuthorized", "bad-login", "no user name was given, and this server asks for one");
    const verdict = await this.#check(address, username, password).catch((error: unknown) => {
      if (error instanceof BusyError) throw new Refusal("busy", "over-limit", error.message);
      throw error;
    });
    if (verdict.wait !== undefined)
      throw new Refusal("tooManyAttempts", "bad-login", `too many wrong passwords; try again in ${verdict.wait} s`);
    if (verdict.account) return verdict.account;
    throw new Refusal("badLogin", "bad-login", "the user name or the password is wrong");
  }

  #certified(socket: Connection["socket"], username: string | undefined): Account | undefined {
    const name = certificateName(socket);
    return name !== undefined && (username ?? name) === name ? this.#accounts.byName(name) : undefined;
  }

  loginOf(client: Client): Login | undefined {
    return this.#logins.get(client);
  }

  /** Why the client may not publish on a topic; "" when it may. */
  publishProblem(client: Client, topic: string): string {
    // [MQTT-4.7.2-1]
    if (topic.startsWith("$")) return `topics that begin with $, such as ${topic}, are for the broker itself`;
    return this.#logins.get(client)?.rights.publish(topic) ? "" : `may not publish on ${topic}`;
  }

  /** Grants a subscription and remembers it, or says why not. The answer is the same when aedes asks again. */
  subscribe(
    client: Client,
    { topic: filter, qos, subscriptionIdentifier: identifier, rap = false, nl = false }: StoredSubscription,
  ): { reason: Rejection; problem: string } | undefined {
    const { subscriptions, rights } = this.#logins.get(client)!;
    if (!rights.subscribe(filter)) return { reason: "not-allowed", problem: `may not subscribe to ${filter}` };
    if (!subscriptions.has(filter) && subscriptions.size >= this.#maxSubscriptions)
      return { reason: "over-limit", problem: `more than ${this.#maxSubscriptions} subscriptions` };
    subscriptions.set(filter, { qos, identifier, retainAsPublished: rap, noLocal: nl });
    return undefined;
  }

  /** The QoS that was granted to a subscription; undefined when it was refused. */
  grantedQos(client: Client, filter: string): number | undefined {
    return this.#logins.get(client)?.subscriptions.get(filter)?.qos;
  }

  unsubscribe(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#logins.get(client)?.subscriptions.delete(filter);
  }

  /**
   * The QoS at which a client receives a message: that of the message, or the highest of the subscriptions that match it
   * [MQTT-3.3.5-1]. Undefined when it may not receive the message at all.
   */
  deliveryQos(client: Client, { topic, qos }: Pick<IPublishPacket, "topic" | "qos">): 0 | 1 | 2 | undefined {
    const login = this.#logins.get(client);
    if (!login?.rights.read(topic)) return undefined;
    if (qos === 0) return 0;
    let granted = login.subscriptions.get(topic)?.qos ?? -1;
    if (granted >= qos) return qos;
    const alone = login.subscriptions.size === 1;
    for (const [filter, subscription] of login.subscriptions)
      if (subscription.qos > granted && (alone || matches(filter, topic))) granted = subscription.qos;
    // a message that waited for a subscription which has ended since keeps its QoS
    return granted < 0 ? qos : (Math.min(qos, granted) as 0 | 1 | 2);
  }

  /** The identifiers of all of a client's subscriptions that match a topic [MQTT-3.3.4-4]. */
  subscriptionIdentifiers(client: Client, topic: string): number[] {
    const identifiers: number[] = [];
    for (const [filter, { identifier }] of this.#logins.get(client)?.subscriptions ?? [])
      if (identifier !== undefined && matches(filter, topic)) identifiers.push(identifier);
    return identifiers;
  }

  /** Whether a client receives messages on a topic with the retain flag of their publisher [MQTT-3.3.1-13]. */
  keepsRetain(client: Client, topic: string): boolean {
    for (const [filter, { retainAsPublished }] of this.#logins.get(client)?.subscriptions ?? [])
      if (retainAsPublished && matches(filter, topic)) return true;
    return false;
  }

  /** Whether all subscriptions of a client that match a topic leave out its own messages [MQTT-3.8.3-3]. */
  leavesOutOwn(client: Client, topic: string): boolean {
    let leftOut = false;
    for (const [filter, { noLocal }] of this.#logins.get(client)?.subscriptions ?? []) {
      if (!matches(filter, topic)) continue;
      if (!noLocal) return false;
      leftOut = true;
    }
    return leftOut;
  }

  /** Whether the client's account is still what it was when the client logged in. */
  isCurrent(client: Client): boolean {
    const login = this.#logins.get(client);
    if (!login || !this.#accounts.required) return true;
    return login.account !== undefined && this.#accounts.byName(login.account.name) === login.account;
  }
}
