import type { Zone } from "../decisions/zones/zone.js";

/** Determines which zones this server decides about, when several servers share devices and zones. */
export interface Ownership {
  /** Whether this server decides about a zone. */
  ownsZone(name: string): boolean;
  /** Whether this server still owns its devices, so that it may command their lamps. */
  isValid(): boolean;
  /** Stores a zone's lamp where other servers find it. */
  storeZone(zone: Zone): void;
}

/** Ownership of a single server, which decides about all devices and zones. */
export const SOLE_OWNERSHIP: Ownership = { ownsZone: () => true, isValid: () => true, storeZone() {} };
