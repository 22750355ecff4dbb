import { createHash, randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";

/** scrypt parameters, as OWASP recommends for 32 MB of memory. A hash takes about 0.25 s on a small machine. */
const SCRYPT_COST = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/**
 * A hashed password as a PHC string: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>` for a chosen password, `$sha256$<hash>` for a
 * generated one.
 */
export type StoredPassword = string;

const SCRYPT_HASH_PATTERN = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/-]{16,})\$([\w+/-]{22,})$/;
const SHA256_HASH_PATTERN = /^\$sha256\$([\w+/-]{43})$/;

/** Returns whether a text is a hash from `hashPassword` or `hashGeneratedPassword`. */
export function isStoredPassword(text: string): boolean {
  const [, ln] = SCRYPT_HASH_PATTERN.exec(text) ?? [];
  // limit the cost parameter N to 2^20, where a check needs a gigabyte of memory
  return ln === undefined ? SHA256_HASH_PATTERN.test(text) : Number(ln) >= 10 && Number(ln) <= 20;
}

/** Hashes a password that a person chose, with scrypt and a random salt. */
export async function hashPassword(password: string): Promise<StoredPassword> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await deriveKey(password, salt, SCRYPT_COST.ln, SCRYPT_COST.r, SCRYPT_COST.p, KEY_BYTES);
  return `$scrypt$ln=${SCRYPT_COST.ln},r=${SCRYPT_COST.r},p=${SCRYPT_COST.p}$${encodeBase64(salt)}$${encodeBase64(hash)}`;
}

/** Verifies a password against its scrypt hash. Runs on another thread; the duration depends on the stored parameters. */
export async function verifyPassword(password: string, stored: StoredPassword): Promise<boolean> {
  const [, ln, r, p, salt, hash] = SCRYPT_HASH_PATTERN.exec(stored)!;
  const expected = Buffer.from(hash, "base64");
  const found = await deriveKey(
    password,
    Buffer.from(salt, "base64"),
    Number(ln),
    Number(r),
    Number(p),
    expected.length,
  );
  return timingSafeEqual(found, expected);
}

/** A hash that matches no password. Verifying unknown names against it takes as long as for existing names. */
export const DUMMY_HASH: StoredPassword = `$scrypt$ln=${SCRYPT_COST.ln},r=${SCRYPT_COST.r},p=${SCRYPT_COST.p}$${encodeBase64(randomBytes(SALT_BYTES))}$${encodeBase64(randomBytes(KEY_BYTES))}`;

/** Letters and digits that cannot be confused with each other. */
const PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/**
 * Generates a password of 26 letters and digits with about 128 bits of entropy. The first character is a letter, because the
 * settings of a board would parse a text of digits as a number.
 */
export function generatePassword(): string {
  const pickCharacter = (first: boolean): string => PASSWORD_ALPHABET[randomInt(first ? 23 : PASSWORD_ALPHABET.length)];
  return Array.from({ length: 26 }, (_, n) => pickCharacter(n === 0)).join("");
}

/** Generates a bearer token: 32 random bytes after the prefix `nlt_`. */
export function generateToken(): string {
  return `nlt_${randomBytes(32).toString("base64url")}`;
}

/**
 * Hashes a generated password or token with SHA-256. A fast hash is safe for 128 random bits, and lets a thousand boards
 * reconnect within a second.
 */
export function sha256Of(generated: string): string {
  return createHash("sha256").update(generated).digest("base64url");
}

/** Returns the text to store for a generated password: a SHA-256 hash. */
export function hashGeneratedPassword(password: string): StoredPassword {
  return `$sha256$${sha256Of(password)}`;
}

/** Verifies a generated password. Returns undefined if the stored password was chosen by a person. */
export function verifyGeneratedPassword(password: string, stored: StoredPassword): boolean | undefined {
  const [, hash] = SHA256_HASH_PATTERN.exec(stored) ?? [];
  return hash === undefined ? undefined : timingSafeEqual(Buffer.from(sha256Of(password)), Buffer.from(hash));
}

function deriveKey(password: string, salt: Buffer, ln: number, r: number, p: number, length: number): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p) + 1_048_576 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Encodes bytes in Base64 without padding, as the PHC string format requires. */
function encodeBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
