import { createHash, randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";

/** The work of one check: OWASP's figure for scrypt with 32 MB, about a quarter of a second on a small machine. */
const WORK = { ln: 15, r: 8, p: 3 };
const SALT = 16;
const KEY = 32;

/** A password as it is stored: a PHC string, `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, or `$sha256$<hash>` of a generated one. */
export type StoredPassword = string;

const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/-]{16,})\$([\w+/-]{22,})$/;
const SHA256 = /^\$sha256\$([\w+/-]{43})$/;

/** Whether this is a password as `hashPassword` or `storeGenerated` makes it. */
export function isStoredPassword(text: string): boolean {
  const [, ln] = SCRYPT.exec(text) ?? [];
  // above 2^20 one check would take a gigabyte
  return ln === undefined ? SHA256.test(text) : Number(ln) >= 10 && Number(ln) <= 20;
}

/** Hashes a password that a person chose, with a salt of its own. */
export async function hashPassword(password: string): Promise<StoredPassword> {
  const salt = randomBytes(SALT);
  const hash = await derive(password, salt, WORK.ln, WORK.r, WORK.p, KEY);
  return `$scrypt$ln=${WORK.ln},r=${WORK.r},p=${WORK.p}$${base64(salt)}$${base64(hash)}`;
}

/** Whether the password is the one that was hashed. Runs on another thread, for as long as the parameters say. */
export async function verifyPassword(password: string, stored: StoredPassword): Promise<boolean> {
  const [, ln, r, p, salt, hash] = SCRYPT.exec(stored)!;
  const expected = Buffer.from(hash, "base64");
  const found = await derive(password, Buffer.from(salt, "base64"), Number(ln), Number(r), Number(p), expected.length);
  return timingSafeEqual(found, expected);
}

/** What no password fits, at the cost of one that does: for names that nobody has. */
export const NOBODY: StoredPassword = `$scrypt$ln=${WORK.ln},r=${WORK.r},p=${WORK.p}$${base64(randomBytes(SALT))}$${base64(randomBytes(KEY))}`;

/** Letters and digits that are not mistaken for each other. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/**
 * A password of 26 letters and digits, about 128 bits of chance. It begins with a letter: a board's settings would take
 * digits alone for a number.
 */
export function generatePassword(): string {
  const letter = (first: boolean): string => ALPHABET[randomInt(first ? 23 : ALPHABET.length)];
  return Array.from({ length: 26 }, (_, n) => letter(n === 0)).join("");
}

/** A bearer token: 32 random bytes, recognisable as ours. */
export function generateToken(): string {
  return `nlt_${randomBytes(32).toString("base64url")}`;
}

/**
 * The hash under which what was generated is stored. A fast one will do: nobody can try 2^128 of them. So a thousand
 * boards that come back at once are let in within a second.
 */
export function digest(generated: string): string {
  return createHash("sha256").update(generated).digest("base64url");
}

export function storeGenerated(password: string): StoredPassword {
  return `$sha256$${digest(password)}`;
}

/** Whether a stored password is that of a generated one, and this one; undefined when it was chosen by a person. */
export function verifyGenerated(password: string, stored: StoredPassword): boolean | undefined {
  const [, hash] = SHA256.exec(stored) ?? [];
  return hash === undefined ? undefined : timingSafeEqual(Buffer.from(digest(password)), Buffer.from(hash));
}

function derive(password: string, salt: Buffer, ln: number, r: number, p: number, length: number): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p) + 1_048_576 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** As PHC has it: without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
