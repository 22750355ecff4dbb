import type { Client } from "aedes";
import type { IPublishPacket } from "mqtt-packet";
import type { Rejection } from "../observability/counters.js";
import { filterMatches } from "../mqtt/topics.js";
import { BusyError, type Account, type Accounts } from "../security/accounts.js";
import { FULL_ACCESS, permissionsOf, type Permissions } from "../security/acl.js";
import { certificateNameOf } from "../security/certificates.js";
import type { PasswordCheck } from "../security/password-check.js";
import type { ClientConnection } from "./client-connection.js";
import type { StoredSubscription } from "../storage/session.js";
import { REASON_CODE } from "../mqtt/packets.js";

/** Codes for a CONNACK that refuses a client (MQTT 3.1.1, table 3.1; MQTT 5.0, table 3-1). */
export const REFUSAL_CODES = {
  clientId: { returnCode: 2, reasonCode: REASON_CODE.clientIdentifierNotValid },
  busy: { returnCode: 3, reasonCode: REASON_CODE.serverUnavailable },
  quota: { returnCode: 3, reasonCode: REASON_CODE.quotaExceeded },
  tooManyAttempts: { returnCode: 3, reasonCode: REASON_CODE.connectionRateExceeded },
  badLogin: { returnCode: 4, reasonCode: REASON_CODE.badUserNameOrPassword },
  notAuthorized: { returnCode: 5, reasonCode: REASON_CODE.notAuthorized },
  tooLarge: { returnCode: 5, reasonCode: REASON_CODE.packetTooLarge },
  protocolError: { returnCode: 5, reasonCode: REASON_CODE.protocolError },
  notAccepted: { returnCode: 5, reasonCode: REASON_CODE.implementationSpecificError },
  authenticationMethod: { returnCode: 5, reasonCode: REASON_CODE.badAuthenticationMethod },
} as const;

/** Error that makes the broker refuse a client's CONNECT or PUBLISH. */
export class Refusal extends Error {
  readonly code: (typeof REFUSAL_CODES)[keyof typeof REFUSAL_CODES];
  /** The kind of refusal, which selects the counter and the log category. */
  readonly rejection: Rejection;

  constructor(code: keyof typeof REFUSAL_CODES, rejection: Rejection, problem: string) {
    super(problem);
    this.code = REFUSAL_CODES[code];
    this.rejection = rejection;
  }
}

/** The permissions and subscriptions of a client that has logged in. */
export interface Login {
  /** The client's account; undefined where clients need no account. */
  readonly account: Account | undefined;
  readonly rights: Permissions;
  /** The granted subscriptions of the client, by topic filter. */
  readonly subscriptions: Map<string, GrantedSubscription>;
}

interface GrantedSubscription {
  readonly qos: number;
  /** Subscription identifier (MQTT 5.0, 3.8.2.1.2); undefined if the client gave none. */
  readonly identifier: number | undefined;
  /** Retain As Published: whether messages keep their publisher's retain flag [MQTT-3.3.1-13]. */
  readonly retainAsPublished: boolean;
  /** No Local: whether the client does not receive its own messages [MQTT-3.8.3-3]. */
  readonly noLocal: boolean;
}

/** Returns the connection of a client, which is the stream that the broker passed to aedes. */
export function connectionOf(client: Client): ClientConnection {
  return client.conn as ClientConnection;
}

export interface AccessControlOptions {
  readonly accounts: Accounts;
  readonly check: PasswordCheck;
  /** Maximum number of subscriptions of one client. */
  readonly maxSubscriptions: number;
  /** The prefix of Home Assistant's topics. */
  readonly discoveryPrefix: string;
}

/** Access control: authenticates clients and checks what each may publish and subscribe to. */
export class AccessControl {
  readonly #accounts: Accounts;
  readonly #check: PasswordCheck;
  readonly #maxSubscriptions: number;
  readonly #discoveryPrefix: string;
  readonly #logins = new WeakMap<Client, Login>();

  constructor({ accounts, check, maxSubscriptions, discoveryPrefix }: AccessControlOptions) {
    this.#accounts = accounts;
    this.#check = check;
    this.#maxSubscriptions = maxSubscriptions;
    this.#discoveryPrefix = discoveryPrefix;
  }

  /** Returns the account name that a client claims: from its certificate or its user name. */
  claimedAccount({ socket }: ClientConnection, username: string | undefined): string | undefined {
    if (!this.#accounts.isLoginRequired) return undefined;
    return this.#certifiedAccount(socket, username)?.name ?? username;
  }

  hasAccount(name: string): boolean {
    return this.#accounts.findByName(name) !== undefined;
  }

  /** Logs a client in. @throws Refusal when the client has no account, or cannot prove that the account is its own */
  async login(client: Client, username: string | undefined, password: string): Promise<Login> {
    const account = await this.#accountOf(connectionOf(client), username, password);
    const rights = account ? permissionsOf(account, this.#discoveryPrefix) : FULL_ACCESS;
    const login = { account, rights, subscriptions: new Map<string, GrantedSubscription>() };
    this.#logins.set(client, login);
    return login;
  }

  async #accountOf(
    { address, socket }: ClientConnection,
    username: string | undefined,
    password: string,
  ): Promise<Account | undefined> {
    if (!this.#accounts.isLoginRequired) return undefined;
    const certified = this.#certifiedAccount(socket, username);
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

  /** Returns the account that the client's TLS certificate proves. */
  #certifiedAccount(socket: ClientConnection["socket"], username: string | undefined): Account | undefined {
    const name = certificateNameOf(socket);
    return name !== undefined && (username ?? name) === name ? this.#accounts.findByName(name) : undefined;
  }

  loginOf(client: Client): Login | undefined {
    return this.#logins.get(client);
  }

  /** Explains why a client may not publish on a topic. @returns "" when it may */
  publishProblem(client: Client, topic: string): string {
    // Topics that begin with $ are reserved for the broker (MQTT 3.1.1, section 4.7.2).
    if (topic.startsWith("$")) return `topics that begin with $, such as ${topic}, are for the broker itself`;
    return this.#logins.get(client)?.rights.mayPublish(topic) ? "" : `may not publish on ${topic}`;
  }

  /**
   * Grants or refuses a subscription and records the result. A repeated request for the same filter gets the same
   * result.
   * @returns undefined when granted, otherwise the reason for the refusal
   */
  subscribe(
    client: Client,
    { topic: filter, qos, subscriptionIdentifier: identifier, rap = false, nl = false }: StoredSubscription,
  ): { reason: Rejection; problem: string } | undefined {
    const { subscriptions, rights } = this.#logins.get(client)!;
    if (!rights.maySubscribe(filter)) return { reason: "not-allowed", problem: `may not subscribe to ${filter}` };
    if (!subscriptions.has(filter) && subscriptions.size >= this.#maxSubscriptions)
      return { reason: "over-limit", problem: `more than ${this.#maxSubscriptions} subscriptions` };
    subscriptions.set(filter, { qos, identifier, retainAsPublished: rap, noLocal: nl });
    return undefined;
  }

  /** Returns the granted QoS of a subscription; undefined when it was refused. */
  grantedQos(client: Client, filter: string): number | undefined {
    return this.#logins.get(client)?.subscriptions.get(filter)?.qos;
  }

  unsubscribe(client: Client, filters: readonly string[]): void {
    for (const filter of filters) this.#logins.get(client)?.subscriptions.delete(filter);
  }

  /**
   * Returns the QoS at which a client receives a message: the lower of the message's QoS and the highest QoS among the
   * matching subscriptions [MQTT-3.3.5-1]. Returns undefined when the client may not read the topic.
   */
  deliveryQos(client: Client, { topic, qos }: Pick<IPublishPacket, "topic" | "qos">): 0 | 1 | 2 | undefined {
    const login = this.#logins.get(client);
    if (!login?.rights.mayRead(topic)) return undefined;
    if (qos === 0) return 0;
    let granted = login.subscriptions.get(topic)?.qos ?? -1;
    if (granted >= qos) return qos;
    const isOnly = login.subscriptions.size === 1;
    for (const [filter, subscription] of login.subscriptions)
      if (subscription.qos > granted && (isOnly || filterMatches(filter, topic))) granted = subscription.qos;
    // The client may have unsubscribed after a message was queued. Such a message keeps its QoS.
    return granted < 0 ? qos : (Math.min(qos, granted) as 0 | 1 | 2);
  }

  /** Returns the subscription identifiers of all of a client's subscriptions that match a topic [MQTT-3.3.4-4]. */
  subscriptionIdentifiers(client: Client, topic: string): number[] {
    const identifiers: number[] = [];
    for (const [filter, { identifier }] of this.#logins.get(client)?.subscriptions ?? [])
      if (identifier !== undefined && filterMatches(filter, topic)) identifiers.push(identifier);
    return identifiers;
  }

  /** Returns whether a client receives messages on a topic with their publisher's retain flag [MQTT-3.3.1-13]. */
  retainsAsPublished(client: Client, topic: string): boolean {
    for (const [filter, { retainAsPublished }] of this.#logins.get(client)?.subscriptions ?? [])
      if (retainAsPublished && filterMatches(filter, topic)) return true;
    return false;
  }

  /** Returns whether all matching subscriptions of a client have No Local set [MQTT-3.8.3-3]. */
  isNoLocal(client: Client, topic: string): boolean {
    let isNoLocal = false;
    for (const [filter, { noLocal }] of this.#logins.get(client)?.subscriptions ?? []) {
      if (!filterMatches(filter, topic)) continue;
      if (!noLocal) return false;
      isNoLocal = true;
    }
    return isNoLocal;
  }

  /** Returns whether the client's account has not changed since the login. */
  hasCurrentAccount(client: Client): boolean {
    const login = this.#logins.get(client);
    if (!login || !this.#accounts.isLoginRequired) return true;
    return login.account !== undefined && this.#accounts.findByName(login.account.name) === login.account;
  }
}
