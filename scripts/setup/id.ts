import { randomInt } from "node:crypto";
import { DEFAULT_PREFIX } from "../../contract/index.js";
import { isPublic } from "./hosts.js";

/** Nothing that can be mistaken for another when it is read from a screen. */
const LETTERS = "23456789abcdefghjkmnpqrstuvwxyz";

function random(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

/**
 * An id that nobody else has: 29 bits of chance among the boards of one house; at a public broker a prefix of its own
 * with 49, because what stands before the last `/` also tells where the server says that it is online.
 */
export function proposeId(host: string): string {
  return isPublic(host) ? `${DEFAULT_PREFIX}-${random(10)}/board` : `${DEFAULT_PREFIX}/${random(6)}`;
}
