/** Creates lamp switches for tests of the history store, and their expected results. */
import type { HistorySwitch } from "../../../server/src/history/history.js";
import { SWITCH_CAUSES, type HistoryBatch } from "../../../server/src/history/protocol.js";
import type { SqliteStore } from "../../../server/src/history/store.js";

export const BASE_TIME = Date.UTC(2026, 5, 1, 7, 13);
export const ENTIRE_TIME_RANGE = [0, 2 ** 43] as const;

export interface TestSwitch extends HistorySwitch {
  readonly device: number;
}

/** Builds a batch of switches without readings. */
export function batchOf(given: readonly TestSwitch[]): HistoryBatch {
  const indexes = new Map<string, number>();
  for (const { reason } of given) if (!indexes.has(reason)) indexes.set(reason, indexes.size);
  return {
    devices: new Uint32Array(),
    times: new Float64Array(),
    lights: new Uint16Array(),
    switches: {
      devices: Uint32Array.from(given, ({ device }) => device),
      times: Float64Array.from(given, ({ time }) => time),
      led_on: Uint8Array.from(given, ({ led_on }) => Number(led_on)),
      by: Uint8Array.from(given, ({ by }) => SWITCH_CAUSES.indexOf(by)),
      reasonIndexes: Uint16Array.from(given, ({ reason }) => indexes.get(reason)!),
      reasonTexts: [...indexes.keys()],
      first: 0,
    },
  };
}

export const DEVICE_IDS = ["porch", "cellar", "attic"];

/** Returns the stored switches of each device. */
export const readStoredSwitches = (store: SqliteStore): HistorySwitch[][] =>
  DEVICE_IDS.map((id) => {
    const device = store.deviceNumberOf(id);
    return device === undefined ? [] : store.switches.readLatestSwitches(device, ...ENTIRE_TIME_RANGE, 1e6);
  });

/** Returns the expected switches of each device: sorted by time, then in the order of arrival. */
export const computeExpectedSwitches = (given: readonly TestSwitch[]): HistorySwitch[][] =>
  DEVICE_IDS.map((_, number) =>
    given
      .filter(({ device }) => device === number)
      .map(({ time, led_on, by, reason }) => ({ time, led_on, by, reason }))
      .sort((a, b) => a.time - b.time),
  );
