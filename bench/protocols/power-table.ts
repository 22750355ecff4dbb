/** Formats the table of estimated power. */
import { formatTable } from "../table.js";
import { AMQP_ACKNOWLEDGED_PROTOCOL } from "./amqp.js";
import { HTTP_KEEP_ALIVE_PROTOCOL, HTTP_RECONNECTING_PROTOCOL } from "./http.js";
import type { ProtocolResult } from "./measure.js";
import { MQTT_QOS_1_PROTOCOL } from "./mqtt.js";
import { breakEvenInterval, daysOfBattery, estimatePower, SUPPLY_VOLTAGE, type Idle } from "./power.js";

/** The compared combinations: what the board does between readings, its protocol, and with or without TLS. */
const ROWS: readonly (readonly [idle: Idle, protocol: string, label: string, tls: boolean])[] = [
  ["modem sleep", MQTT_QOS_1_PROTOCOL.name, "MQTT", false],
  ["light sleep", MQTT_QOS_1_PROTOCOL.name, "MQTT", false],
  ["light sleep", AMQP_ACKNOWLEDGED_PROTOCOL.name, "AMQP", false],
  ["light sleep", HTTP_KEEP_ALIVE_PROTOCOL.name, "HTTP", false],
  ["deep sleep", MQTT_QOS_1_PROTOCOL.name, "MQTT", false],
  ["deep sleep", AMQP_ACKNOWLEDGED_PROTOCOL.name, "AMQP", false],
  ["deep sleep", HTTP_RECONNECTING_PROTOCOL.name, "HTTP", false],
  ["deep sleep", MQTT_QOS_1_PROTOCOL.name, "MQTT, TLS", true],
  ["deep sleep", AMQP_ACKNOWLEDGED_PROTOCOL.name, "AMQP, TLS", true],
  ["deep sleep", HTTP_RECONNECTING_PROTOCOL.name, "HTTPS", true],
];

const INTERVALS = [
  { name: "every 10 s", seconds: 10 },
  { name: "every minute", seconds: 60 },
  { name: "every 10 minutes", seconds: 600 },
];

function formatDays(days: number): string {
  const rounded = days < 10 ? days.toFixed(1) : Math.round(days).toLocaleString("en");
  return `${rounded} days`;
}

/**
 * Formats the estimated average current and battery life of each combination.
 * @param results all measured protocols, with and without TLS
 * @param battery usable capacity of the battery in mAh
 * @throws Error when a measurement is missing
 */
export function formatPowerTable(results: readonly ProtocolResult[], battery: number): string {
  const find = (name: string, tls: boolean): ProtocolResult => {
    const result = results.find((one) => one.name === name && one.tls === tls);
    if (!result) throw new Error(`There is no measurement of ${name}${tls ? " with TLS" : ""}.`);
    return result;
  };
  const connectedMqtt = estimatePower(find(MQTT_QOS_1_PROTOCOL.name, false), "light sleep");
  const head = ["between readings", "protocol", "a reading", ...INTERVALS.map(({ name }) => name), "sleep pays from"];
  const rows = ROWS.map(([idle, name, label, tls]) => {
    const estimate = estimatePower(find(name, tls), idle);
    const breakEven = idle === "deep sleep" ? breakEvenInterval(estimate, connectedMqtt) : undefined;
    return [
      idle,
      label,
      `${Math.round(estimate.readingCharge * SUPPLY_VOLTAGE)} mJ`,
      ...INTERVALS.map(({ seconds }) => {
        const current = estimate.averageCurrent(seconds);
        return `${current.toFixed(2)} mA: ${formatDays(daysOfBattery(battery, current))}`;
      }),
      breakEven === undefined ? "" : `${breakEven} s`,
    ];
  });
  return formatTable(head, rows);
}
