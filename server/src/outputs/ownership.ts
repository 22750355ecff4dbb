import type { Zone } from "../decisions/zones/zone.js";

/** Which devices and zones this server decides about, when several servers share them. */
export interface Ownership {
  /** Whether this server decides about a zone. */
  ownsZone(name: string): boolean;
  /** Whether this server may send commands at present. */
  valid(): boolean;
  /** Stores a zone's lamp where other servers find it. */
  storeZone(zone: Zone): void;
}

/** A single server decides about everything. */
export const SOLE_OWNER: Ownership = { ownsZone: () => true, valid: () => true, storeZone() {} };
