/** Proposes a random id for a new board. */
import { randomInt } from "node:crypto";
import { DEFAULT_PREFIX } from "../../contract/index.js";
import { isPublic } from "./hosts.js";

/** Letters and digits without those that look alike on a screen. */
const ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz";

function randomLetters(length: number): string {
  return Array.from({ length }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join("");
}

/**
 * Proposes a random id. Within one household, 29 random bits avoid collisions. At a public broker the prefix is random as
 * well, with 49 bits, because the server publishes its own status under the prefix.
 */
export function proposeId(host: string): string {
  return isPublic(host) ? `${DEFAULT_PREFIX}-${randomLetters(10)}/board` : `${DEFAULT_PREFIX}/${randomLetters(6)}`;
}
