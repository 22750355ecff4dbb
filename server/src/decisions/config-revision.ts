import { createHash } from "node:crypto";
import { CONFIG, encode, type Config } from "../../../contract/index.js";

/**
 * Returns a number for a configuration of boards, 0 to 2^31 - 1. Equal configurations have equal numbers, also on other
 * servers and after a restart; different ones almost certainly differ.
 */
export function revisionOf(config: Config): number {
  return createHash("sha256").update(encode(CONFIG, config)).digest().readUInt32BE() >>> 1;
}
