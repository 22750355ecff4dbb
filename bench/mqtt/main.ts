/**
 * `npm run bench:mqtt [-- --write docs/mqtt-client.md]`: the stock MQTT client of DeviceScript and ours, side by side in
 * the virtual machine, over real TCP to a scripted broker on loopback. Takes about three minutes.
 */
import { parseArgs } from "node:util";
import { writeInto } from "../page.js";
import { CONNECTING } from "./connecting.js";
import { MEMORY } from "./memory.js";
import { RECEIVING } from "./receiving.js";
import type { Scenario } from "./scenario.js";
import { type Client, CLIENTS, program, Stand } from "./stand.js";
import { markdown, type Row } from "./table.js";

const COMMAND = "npm run bench:mqtt -- --write docs/mqtt-client.md";

async function measure(scenario: Scenario, client: Client): Promise<string> {
  const outcome = await Stand.with(client, scenario.options ?? {}, (stand) => scenario.measure(stand));
  console.error(`${client.padEnd(5)}  ${scenario.what}: ${outcome.replaceAll("**", "")}`);
  return outcome;
}

/** One board at a time: these are timed to the millisecond. */
async function inTurn(scenarios: Scenario[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    const stock = await measure(scenario, "stock");
    rows.push({ what: scenario.what, cells: { stock, ours: await measure(scenario, "ours") } });
  }
  return rows;
}

async function atOnce(scenarios: Scenario[]): Promise<Row[]> {
  return Promise.all(
    scenarios.map(async (scenario) => {
      const [stock, ours] = await Promise.all(CLIENTS.map((client) => measure(scenario, client)));
      return { what: scenario.what, cells: { stock, ours } };
    }),
  );
}

async function sizes(): Promise<Row> {
  const size = async (client: Client) => `${(await program(`small-${client}`)).length.toLocaleString("en")} B`;
  return { what: "size of an echo program, of 64 KB", cells: { stock: await size("stock"), ours: await size("ours") } };
}

try {
  const { values } = parseArgs({ options: { write: { type: "string" } } });
  const table = markdown([
    ...(await inTurn(RECEIVING)),
    ...(await atOnce(CONNECTING)),
    ...(await inTurn([MEMORY])),
    await sizes(),
  ]);
  console.log(table);
  if (values.write) await writeInto(values.write, COMMAND, table);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
