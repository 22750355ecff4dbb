/** Tests access control at a real broker: which account may publish and receive on which topic. */
import type { IClientOptions } from "mqtt";
import { eventually } from "../../support/eventually.js";
import { loginOf } from "./guarded.js";
import { connectClient } from "./server.js";

const CHANNELS = ["telemetry", "status", "replies", "commands", "config", "set", "decision"];

/** Device names: two boards, and the names of other accounts, which could try to act as devices. */
const DEVICES = ["porch", "shed", "reader", "app", "homeassistant", "nightlight-server"];

/** All topics of the contract, and some topics outside the contract. Every account may receive the last topic. */
export const ALL_TOPICS: readonly string[] = [
  ...DEVICES.flatMap((name) => CHANNELS.map((channel) => `nightlight/${name}/${channel}`)),
  "nightlight/zones/hall/set",
  "nightlight/porch",
  "nightlight/porch/telemetry/more",
  "porch/telemetry",
  "reader/telemetry",
  "homeassistant/status",
  "homeassistant/light/porch/config",
  "elsewhere/porch/telemetry",
  "nightlight/status",
];

/** Patterns of the topics that an account may publish and receive. */
export interface AllowedTopics {
  readonly publish: RegExp;
  readonly receive: RegExp;
}

export const NO_TOPIC = /$^/;

/** Returns a board's permissions, as in the tables of docs/reference/security.md and docs/how-to/mosquitto/README.md. */
export const boardPermissionsOf = (name: string): AllowedTopics => ({
  publish: new RegExp(`^nightlight/${name}/(telemetry|status|replies)$`),
  receive: new RegExp(`^nightlight/(status|${name}/(commands|config|set|decision))$`),
});

/** The topics that each account can publish and receive. */
export type AccessMatrix = Record<string, { publish: string[]; receive: string[] }>;

/** Returns the access matrix that a broker must have for a table of permissions. */
export function createExpectedMatrix(table: Readonly<Record<string, AllowedTopics>>): AccessMatrix {
  return Object.fromEntries(
    Object.entries(table).map(([name, { publish, receive }]) => [
      name,
      {
        publish: ALL_TOPICS.filter((topic) => publish.test(topic)),
        receive: ALL_TOPICS.filter((topic) => receive.test(topic)),
      },
    ]),
  );
}

/**
 * Tries to publish and receive every topic with every account.
 * @param witness the login of an account that may do everything and is not in the table
 */
export async function measureMatrix(
  url: string,
  accounts: readonly string[],
  witness: IClientOptions,
): Promise<AccessMatrix> {
  const eye = await connectClient(url, witness, "#");
  const matrix: AccessMatrix = {};
  const clients = await Promise.all(
    accounts.map(async (name) => ({
      name,
      connection: await connectClient(url, { ...loginOf(name), clientId: name }),
    })),
  );
  await Promise.all(
    clients.map(async ({ name, connection }) => {
      // subscribe to wildcards and every topic; a broker may refuse a filter, or accept it and deliver nothing
      await connection.subscribeAsync(["#", "+/+/+", ...ALL_TOPICS], { qos: 1 }).catch(() => {});
      await Promise.all(ALL_TOPICS.map((topic) => connection.publishAsync(topic, `from ${name}`, { qos: 1 })));
    }),
  );
  await Promise.all(ALL_TOPICS.map((topic) => eye.publishAsync(topic, "for all", { qos: 1 })));
  const [last] = ALL_TOPICS.slice(-1);
  const hasReceivedLast = ({ got }: { readonly got: readonly { topic: string; text: string }[] }): boolean =>
    got.some(({ topic, text }) => topic === last && text === "for all");
  for (const { name, connection } of clients)
    await eventually(() => hasReceivedLast(connection), { what: `the last message to reach ${name}` });
  await eventually(() => hasReceivedLast(eye), { what: "the last message to reach the witness" });
  const findTopicsWith = (got: readonly { topic: string; text: string }[], wanted: string): string[] => {
    const found = new Set(got.filter(({ text }) => text === wanted).map(({ topic }) => topic));
    return ALL_TOPICS.filter((topic) => found.has(topic));
  };
  for (const { name, connection } of clients)
    matrix[name] = {
      publish: findTopicsWith(eye.got, `from ${name}`),
      receive: findTopicsWith(connection.got, "for all"),
    };
  return matrix;
}
