import { createHash } from "node:crypto";
import { CONFIG, encode, type Config } from "../../../contract/index.js";

/**
 * Returns the revision of a board config: a hash from 0 to 2^31 - 1. Equal configs have equal revisions, also on other
 * servers and after a restart. Different configs almost certainly have different revisions.
 */
export function revisionOf(config: Config): number {
  return createHash("sha256").update(encode(CONFIG, config)).digest().readUInt32BE() >>> 1;
}
