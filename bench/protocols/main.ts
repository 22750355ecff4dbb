/**
 * `npm run bench:protocols`: counts the bytes of a reading and its answer over MQTT, AMQP and HTTP, with a proxy between
 * board and server on loopback, and estimates the power of a board from them. Takes a few seconds.
 */
import { parseArgs } from "node:util";
import { updateGeneratedTable } from "../page.js";
import { AMQP_ACKNOWLEDGED_PROTOCOL, AMQP_SETTLED_PROTOCOL } from "./amqp.js";
import { HTTP_KEEP_ALIVE_PROTOCOL, HTTP_RECONNECTING_PROTOCOL } from "./http.js";
import { measureProtocol, type ProtocolResult } from "./measure.js";
import { MQTT_QOS_0_PROTOCOL, MQTT_QOS_1_PROTOCOL } from "./mqtt.js";
import { formatPowerTable } from "./power-table.js";
import { formatReachabilityTable, formatReadingsTable } from "./table.js";
import { createCertificate } from "./tls.js";

const HELP_TEXT = `Usage: npm run bench:protocols -- [options]

Send readings over MQTT, AMQP and HTTP, with and without TLS, and count the bytes.
From these, estimate the power of a board with an ESP32-C3.

  --battery <mAh>       usable capacity of the battery (default: 2000)
  --write <page>        also write the tables of bytes to this page: docs/internals/protocols.md
  --write-power <page>  also write the table of power to this page: docs/tutorials/assignment.md
  --json                print the measurements as JSON`;

/** Timeout for the whole run, in ms. */
const RUN_TIMEOUT = 120_000;

const PAGE_COMMAND = "npm run bench:protocols -- --write docs/internals/protocols.md";
const POWER_PAGE_COMMAND = "npm run bench:protocols -- --write-power docs/tutorials/assignment.md";

async function runBenchmark(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      battery: { type: "string", default: "2000" },
      write: { type: "string" },
      "write-power": { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP_TEXT);
  const battery = Number(values.battery);
  if (!(battery > 0 && battery < Infinity))
    throw new Error(`--battery must be a capacity in mAh, such as 2000, not "${values.battery}".`);
  const limit = setTimeout(() => {
    console.error(`The run timed out after ${RUN_TIMEOUT / 1000} s, because an answer is missing.`);
    process.exit(1);
  }, RUN_TIMEOUT);
  const certificate = await createCertificate();
  // measures in parallel, because load on the machine does not change byte counts
  const protocols = [
    MQTT_QOS_0_PROTOCOL,
    MQTT_QOS_1_PROTOCOL,
    AMQP_SETTLED_PROTOCOL,
    AMQP_ACKNOWLEDGED_PROTOCOL,
    HTTP_KEEP_ALIVE_PROTOCOL,
    HTTP_RECONNECTING_PROTOCOL,
  ];
  const rows: ProtocolResult[] = await Promise.all(
    [undefined, certificate].flatMap((tls) => protocols.map((protocol) => measureProtocol(protocol, tls))),
  );
  clearTimeout(limit);
  const tables = `${formatReadingsTable(rows)}\n\n${formatReachabilityTable(rows.filter((row) => !row.tls && row.name !== HTTP_RECONNECTING_PROTOCOL.name))}`;
  const powerTable = formatPowerTable(rows, battery);
  console.log(values.json ? JSON.stringify(rows) : `${tables}\n\n${powerTable}`);
  if (values.write) await updateGeneratedTable(values.write, PAGE_COMMAND, tables);
  if (values["write-power"]) await updateGeneratedTable(values["write-power"], POWER_PAGE_COMMAND, powerTable);
}

runBenchmark(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
