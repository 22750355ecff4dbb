/**
 * `npm run bench:protocols [-- --write docs/explanation/protocols.md] [-- --json]`: a reading and its answer over MQTT, AMQP and HTTP,
 * counted by a proxy between board and server, on loopback. Takes a few seconds.
 */
import { parseArgs } from "node:util";
import { writeInto } from "../page.js";
import { AMQP, AMQP_SETTLED } from "./amqp.js";
import { HTTP, HTTP_ANEW } from "./http.js";
import { measure, type Measured } from "./measure.js";
import { MQTT_QOS_0, MQTT_QOS_1 } from "./mqtt.js";
import { reach, readings } from "./table.js";
import { makePair } from "./tls.js";

const HELP = `npm run bench:protocols -- [--write <page>] [--json]

Sends readings over MQTT, AMQP and HTTP, with TLS and without, and counts the bytes.

  --write <page>  also writes the tables between the marks of this page: docs/explanation/protocols.md
  --json          prints what was measured as JSON`;

/** No run takes longer, in ms. */
const LIMIT = 120_000;

const COMMAND = "npm run bench:protocols -- --write docs/explanation/protocols.md";

async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { write: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const limit = setTimeout(() => {
    console.error(`gave up after ${LIMIT / 1000} s: an answer did not come`);
    process.exit(1);
  }, LIMIT);
  const pair = await makePair();
  // at once: bytes are counted, not time
  const protocols = [MQTT_QOS_0, MQTT_QOS_1, AMQP_SETTLED, AMQP, HTTP, HTTP_ANEW];
  const rows: Measured[] = await Promise.all(
    [undefined, pair].flatMap((tls) => protocols.map((protocol) => measure(protocol, tls))),
  );
  clearTimeout(limit);
  const tables = `${readings(rows)}\n\n${reach(rows.filter((row) => !row.tls && row.name !== HTTP_ANEW.name))}`;
  console.log(values.json ? JSON.stringify(rows) : tables);
  if (values.write) await writeInto(values.write, COMMAND, tables);
}

run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
