/**
 * Compares DeviceScript's own ("stock") MQTT client with ours. Both run in DeviceScript's virtual machine and connect over
 * TCP to a scripted broker on loopback. Takes about three minutes.
 */
import { CONNECTING } from "./connecting.js";
import { MEMORY } from "./memory.js";
import { RECEIVING } from "./receiving.js";
import type { Scenario } from "./scenario.js";
import { type Client, CLIENTS, program, Stand } from "./stand.js";
import { table } from "../table.js";

type Say = (text: string) => void;

interface Row {
  readonly what: string;
  readonly cells: Record<Client, string>;
}

async function measure(scenario: Scenario, client: Client, say: Say): Promise<string> {
  const outcome = await Stand.with(client, scenario.options ?? {}, (stand) => scenario.measure(stand));
  say(`${client.padEnd(5)}  ${scenario.what}: ${outcome.replaceAll("**", "")}`);
  return outcome;
}

/** Measures one board at a time, because other load would distort times in milliseconds. */
async function inTurn(scenarios: Scenario[], say: Say): Promise<Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    const stock = await measure(scenario, "stock", say);
    rows.push({ what: scenario.what, cells: { stock, ours: await measure(scenario, "ours", say) } });
  }
  return rows;
}

/** Measures all scenarios in parallel. */
async function atOnce(scenarios: Scenario[], say: Say): Promise<Row[]> {
  return Promise.all(
    scenarios.map(async (scenario) => {
      const [stock, ours] = await Promise.all(CLIENTS.map((client) => measure(scenario, client, say)));
      return { what: scenario.what, cells: { stock, ours } };
    }),
  );
}

async function sizes(): Promise<Row> {
  const size = async (client: Client) => `${(await program(`small-${client}`)).length.toLocaleString("en")} B`;
  return { what: "size of an echo program, of 64 KB", cells: { stock: await size("stock"), ours: await size("ours") } };
}

/** Runs all scenarios on both clients. @returns the table in Markdown */
export async function clients(say: Say): Promise<string> {
  const rows = [
    ...(await inTurn(RECEIVING, say)),
    ...(await atOnce(CONNECTING, say)),
    ...(await inTurn([MEMORY], say)),
    await sizes(),
  ];
  return table(
    ["", "stock `MQTTClient`", "`src/mqtt`"],
    rows.map(({ what, cells }) => [what, cells.stock, cells.ours]),
  );
}
