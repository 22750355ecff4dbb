import { z } from "zod";

/**
 * Why a login session ended: not used for 12 h (`idle`), 7 days old (`lifetime`), password changed (`password`), role or
 * device id changed (`role`), account removed (`removed`), ended by an administrator (`administrator`), replaced by newer
 * logins of the same user or of others (`displaced`), or not known to this server (`unknown`).
 */
export const END_REASONS = [
  "idle",
  "lifetime",
  "password",
  "role",
  "removed",
  "administrator",
  "displaced",
  "unknown",
] as const;

export type EndReason = (typeof END_REASONS)[number];

/** A login session as it is stored, under the SHA-256 hash of its id. Times are in ms since 1970. */
const StoredSession = z.object({
  name: z.string(),
  role: z.string(),
  device: z.string().optional(),
  /** A hash that changes with the password; see `Accounts.fingerprintOf`. */
  fingerprint: z.string().optional(),
  address: z.string(),
  browser: z.string(),
  started: z.number(),
  used: z.number(),
});

/** An ended session, which is stored so that the login page can explain the logout. */
const StoredEnd = z.object({ ended: z.enum(END_REASONS), at: z.number() });

export const LoginRecord = z.union([StoredSession, StoredEnd]);

export type StoredSession = z.infer<typeof StoredSession>;
export type LoginRecord = z.infer<typeof LoginRecord>;

/** Stores login sessions across restarts, by the hash of their id. */
export interface LoginStore {
  /** Returns the records that were stored before the server started. They may be damaged. */
  load(): ReadonlyMap<string, unknown>;
  put(hash: string, record: LoginRecord): void;
  delete(hash: string): void;
  /** Resolves when all changes are written, or when the data folder cannot be written. */
  whenStored(): Promise<void>;
}

/** A store that forgets everything when the server stops. */
export const NO_LOGIN_STORE: LoginStore = {
  load: () => new Map(),
  put() {},
  delete() {},
  whenStored: async () => {},
};
