/**
 * Estimates the charge that a battery-powered board needs for its readings, from the measured bytes and round trips of a
 * protocol and the currents of an ESP32-C3. docs/tutorials/assignment.md explains the model.
 */
import type { ProtocolResult } from "./measure.js";

/** Supply voltage of the data sheet's currents, in V. */
export const SUPPLY_VOLTAGE = 3.3;

/**
 * Currents of an ESP32-C3 in mA. Tables 5-7 to 5-9 are in the *ESP32-C3 Series Datasheet* v2.4, section 5.6. The averages
 * of a connected chip are in the *ESP-IDF Programming Guide*, "Introduction to Low Power Mode in Wi-Fi Scenarios".
 */
export const CURRENT = {
  /** Table 5-7: 802.11b, 1 Mbit/s, 21 dBm. */
  transmitting: 335,
  /** Table 5-7: 802.11b/g/n, HT20. */
  receiving: 84,
  /** Table 5-8: CPU running at 160 MHz, all peripheral clocks enabled, radio off. */
  running: 28,
  /** Connected to Wi-Fi, radio off between the beacons (DTIM 1), CPU on. */
  modemSleep: 21.47,
  /** Connected to Wi-Fi, radio off between the beacons (DTIM 1), CPU paused. */
  lightSleep: 1.4,
  /** Table 5-9: RTC timer and RTC memory only. */
  deepSleep: 0.005,
} as const;

/** What the data sheet does not say: assumptions about the network and the program. Times are in s. */
export const ASSUMPTION = {
  /** A packet to the server and back. */
  roundTrip: 0.02,
  /** From waking up to the beginning of the program. */
  startUp: 0.3,
  /** Finding the access point, WPA2 and DHCP. */
  joinWifi: 1,
  /** Computing the keys and checking the certificate in a TLS handshake. */
  tlsComputation: 1,
  /** How long the radio stays on after an exchange (ESP-IDF's `CONFIG_ESP_WIFI_SLP_DEFAULT_MIN_ACTIVE_TIME`). */
  stayAwake: 0.05,
  /** Longest silence on a connection that stays open. */
  keepAlive: 60,
  /** Bits per second while transmitting. */
  bitRate: 1_000_000,
  /** TCP/IP headers that the board sends in a round trip, in bytes: of a packet and of an acknowledgement. */
  headersPerRoundTrip: 80,
} as const;

/** What a board does between two readings. */
export type Idle = "modem sleep" | "light sleep" | "deep sleep";

export interface PowerEstimate {
  /** Charge that one reading adds to what the board needs between readings, in mC. */
  readonly readingCharge: number;
  /** Returns the average current in mA, for a number of seconds between two readings. */
  averageCurrent(interval: number): number;
}

const airTimeOf = (bytesUp: number, roundTrips: number): number =>
  (8 * (bytesUp + ASSUMPTION.headersPerRoundTrip * roundTrips)) / ASSUMPTION.bitRate;

/** Estimates a board that stays connected and sends each reading over its open connection. */
function estimateConnected(result: ProtocolResult, idleCurrent: number): PowerEstimate {
  const chargeOf = (bytesUp: number): number =>
    (CURRENT.receiving - idleCurrent) * (ASSUMPTION.roundTrip + ASSUMPTION.stayAwake) +
    (CURRENT.transmitting - idleCurrent) * airTimeOf(bytesUp, 1);
  const readingCharge = chargeOf(result.reading.up);
  // a protocol without keep-alive asks for a command instead
  const keepAliveCharge = chargeOf((result.pulse ?? result.command).up);
  return {
    readingCharge,
    averageCurrent(interval) {
      const keepAlives = Math.max(0, Math.ceil(interval / ASSUMPTION.keepAlive) - 1);
      return idleCurrent + (readingCharge + keepAlives * keepAliveCharge) / interval;
    },
  };
}

/** Estimates a board that wakes from deep sleep for each reading, joins the Wi-Fi, connects, and sleeps again. */
function estimateAsleep(result: ProtocolResult): PowerEstimate {
  const bytesUp = result.reading.up + (result.each ? 0 : result.connection.up);
  const airTime = airTimeOf(bytesUp, result.roundTrips);
  const receiveTime =
    ASSUMPTION.joinWifi + (result.tls ? ASSUMPTION.tlsComputation : 0) + ASSUMPTION.roundTrip * result.roundTrips;
  const awakeTime = ASSUMPTION.startUp + receiveTime + airTime;
  const readingCharge =
    CURRENT.running * ASSUMPTION.startUp + CURRENT.receiving * receiveTime + CURRENT.transmitting * airTime;
  return {
    readingCharge,
    averageCurrent: (interval) =>
      (readingCharge + CURRENT.deepSleep * Math.max(0, interval - awakeTime)) / Math.max(interval, awakeTime),
  };
}

/** Estimates the power of a board that reports with a protocol. */
export function estimatePower(result: ProtocolResult, idle: Idle): PowerEstimate {
  if (idle === "deep sleep") return estimateAsleep(result);
  return estimateConnected(result, idle === "modem sleep" ? CURRENT.modemSleep : CURRENT.lightSleep);
}

/** Returns the number of days for which a battery of `capacity` mAh supplies a current in mA. */
export const daysOfBattery = (capacity: number, current: number): number => capacity / current / 24;

/** Returns the shortest interval in whole seconds from which `first` needs less current than `second`. */
export function breakEvenInterval(first: PowerEstimate, second: PowerEstimate): number | undefined {
  for (let interval = 1; interval <= 86_400; interval++)
    if (first.averageCurrent(interval) < second.averageCurrent(interval)) return interval;
  return undefined;
}
