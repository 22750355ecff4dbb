/** Starts the embedded broker with accounts, without the rest of the server. */
import { onTestFinished } from "vitest";
import { startBroker, type Broker } from "../../../server/src/broker/broker.js";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import { createEmbeddedConnection } from "../../../server/src/transport/embedded.js";
import { silentLog } from "../../../server/src/observability/log.js";
import { DEFAULT_OPTIONS, type Limits } from "../../../server/src/config/options.js";
import type { TlsFiles } from "../../../server/src/security/certificates.js";
import type { Role } from "../../../server/src/security/accounts.js";
import { createPasswordCheck } from "../../../server/src/security/password-check.js";
import { watchCertificates } from "../../../server/src/security/certificates.js";
import { hashGeneratedPassword } from "../../../server/src/security/scrypt.js";
import { openAccounts } from "../../../server/src/security/users.js";
import { changeUsers } from "../../../server/src/security/users-file.js";
import { createTemporaryFolder } from "./server.js";

export interface BrokerWithAccounts {
  readonly url: string;
  readonly secureUrl: string | undefined;
  readonly broker: Broker;
  /** The data folder, which contains the users file. */
  readonly folder: string;
  /** Rejections that the broker has reported, in order. */
  readonly rejected: [reason: string, from: string, problem: string][];
  /** Warnings that the broker has reported for the operator. */
  readonly warnings: string[];
  /** Messages that the server received, in order. */
  readonly got: [topic: string, text: string][];
}

/** Returns the password of a test user. */
export const passwordOf = (name: string): string => `the password of ${name}`;

/** Returns the login options of a test user for an MQTT client. */
export const loginOf = (name: string): { username: string; password: string } => ({
  username: name,
  password: passwordOf(name),
});

/** Adds users to the users file. */
export async function addUsers(folder: string, users: Record<string, Exclude<Role, "device"> | { device: string }>) {
  await changeUsers(folder, (stored) => {
    for (const [name, kind] of Object.entries(users)) {
      const role: Role = typeof kind === "string" ? kind : "device";
      const device = typeof kind === "string" ? {} : kind;
      stored.set(name, { role, ...device, password: hashGeneratedPassword(passwordOf(name)), tokens: [] });
    }
  });
}

/**
 * Starts an embedded broker with accounts and closes it after the test. Unless `silent`, the broker answers each
 * reading with a command that has the same payload.
 */
export async function startBrokerWithAccounts(
  users: Parameters<typeof addUsers>[1],
  options: { limits?: Partial<Limits>; tls?: TlsFiles; patience?: number; folder?: string; silent?: boolean } = {},
): Promise<BrokerWithAccounts> {
  const folder = options.folder ?? (await createTemporaryFolder());
  await addUsers(folder, users);
  const data = await openDataFolder(folder);
  const accounts = await openAccounts(folder, silentLog, { checkInterval: 50 });
  const certificates = options.tls && (await watchCertificates(options.tls, silentLog, 50));
  const rejected: BrokerWithAccounts["rejected"] = [];
  const got: BrokerWithAccounts["got"] = [];
  const warnings: string[] = [];
  const handlers = {
    message(topic: string, payload: Buffer) {
      got.push([topic, payload.toString()]);
      if (!options.silent && topic.endsWith("/telemetry"))
        connection.publish(topic.replace("telemetry", "commands"), payload, "not-retained");
      return undefined;
    },
    caughtUp() {},
    rejected: (reason: string, from: string, problem: string) => void rejected.push([reason, from, problem]),
    warned: (problem: string) => void warnings.push(problem),
    failed(problem: string) {
      throw new Error(problem);
    },
  };
  const limits = { ...DEFAULT_OPTIONS.limits, ...options.limits };
  const broker = await startBroker(data, handlers, {
    accounts,
    check: createPasswordCheck(accounts),
    limits,
    connectTimeout: options.patience,
  });
  const connection = createEmbeddedConnection(
    { broker, prefix: "nightlight", host: "127.0.0.1", port: 0, tls: certificates, mqttsPort: 0 },
    handlers,
  );
  onTestFinished(async () => {
    await connection.close();
    certificates?.close();
    accounts.close();
    await data.close();
  });
  await connection.start();
  return { url: connection.url, secureUrl: connection.secureUrl, broker, folder, rejected, warnings, got };
}
