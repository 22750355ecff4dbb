/** The embedded broker with accounts, by itself: what its clients may do does not depend on the rest of the server. */
import { onTestFinished } from "vitest";
import { startBroker, type Broker } from "../../../server/src/broker/broker.js";
import { openData } from "../../../server/src/storage/data-folder.js";
import { embeddedLink } from "../../../server/src/transport/embedded.js";
import { silentLog } from "../../../server/src/observability/log.js";
import { DEFAULTS, type Limits } from "../../../server/src/config/options.js";
import type { TlsFiles } from "../../../server/src/security/certificates.js";
import type { Role } from "../../../server/src/security/accounts.js";
import { passwordCheck } from "../../../server/src/security/password-check.js";
import { watchCertificates } from "../../../server/src/security/certificates.js";
import { storeGenerated } from "../../../server/src/security/scrypt.js";
import { openAccounts } from "../../../server/src/security/users.js";
import { changeUsers } from "../../../server/src/security/users-file.js";
import { temporaryFolder } from "./server.js";

export interface Guarded {
  readonly url: string;
  readonly secureUrl: string | undefined;
  readonly broker: Broker;
  /** The data folder, with its users. */
  readonly folder: string;
  /** What was refused, in order: reason, whom, what. */
  readonly rejected: [reason: string, from: string, problem: string][];
  /** What the operator was told. */
  readonly warnings: string[];
  /** What the server got, in order. */
  readonly got: [topic: string, text: string][];
}

/** The password of every user of `guarded`. */
export const passwordOf = (name: string): string => `the password of ${name}`;

/** How a user of `guarded` logs in. */
export const as = (name: string): { username: string; password: string } => ({
  username: name,
  password: passwordOf(name),
});

/** Adds users: an administrator, a reader, or the device with this id. */
export async function addUsers(folder: string, users: Record<string, "admin" | "reader" | { device: string }>) {
  await changeUsers(folder, (stored) => {
    for (const [name, kind] of Object.entries(users)) {
      const role: Role = typeof kind === "string" ? kind : "device";
      const device = typeof kind === "string" ? {} : kind;
      stored.set(name, { role, ...device, password: storeGenerated(passwordOf(name)), tokens: [] });
    }
  });
}

/** Starts it; closed after the test. Unless it is silent, every reading is answered with a command that says the same. */
export async function guarded(
  users: Parameters<typeof addUsers>[1],
  options: { limits?: Partial<Limits>; tls?: TlsFiles; patience?: number; folder?: string; silent?: boolean } = {},
): Promise<Guarded> {
  const folder = options.folder ?? (await temporaryFolder());
  await addUsers(folder, users);
  const data = await openData(folder);
  const accounts = await openAccounts(folder, silentLog, { interval: 50 });
  const certificates = options.tls && (await watchCertificates(options.tls, silentLog, 50));
  const rejected: Guarded["rejected"] = [];
  const got: Guarded["got"] = [];
  const warnings: string[] = [];
  const handlers = {
    message(topic: string, payload: Buffer) {
      got.push([topic, payload.toString()]);
      if (!options.silent && topic.endsWith("/telemetry"))
        link.publish(topic.replace("telemetry", "commands"), payload, "once");
      return undefined;
    },
    caughtUp() {},
    rejected: (...what: [string, string, string]) => void rejected.push(what),
    warned: (problem: string) => void warnings.push(problem),
    failed(problem: string) {
      throw new Error(problem);
    },
  };
  const limits = { ...DEFAULTS.limits, ...options.limits };
  const broker = await startBroker(data, handlers, {
    accounts,
    check: passwordCheck(accounts),
    limits,
    connectTimeout: options.patience,
  });
  const link = embeddedLink(
    { broker, prefix: "nightlight", host: "127.0.0.1", port: 0, tls: certificates, mqttsPort: 0 },
    handlers,
  );
  onTestFinished(async () => {
    await link.close();
    certificates?.close();
    accounts.close();
    await data.close();
  });
  await link.start();
  return { url: link.url, secureUrl: link.secureUrl, broker, folder, rejected, warnings, got };
}
