/**
 * Compares DeviceScript's own ("stock") MQTT client with ours. Both run in DeviceScript's virtual machine and connect over
 * TCP to a scripted broker on loopback. Takes about three minutes.
 */
import { CONNECT_SCENARIOS } from "./connecting.js";
import { MEMORY_SCENARIO } from "./memory.js";
import { RECEIVE_SCENARIOS } from "./receiving.js";
import type { ClientScenario } from "./scenario.js";
import { type ClientKind, CLIENT_KINDS, compileProgram, ClientFixture } from "./fixture.js";
import { formatTable } from "../table.js";

type PrintFunction = (text: string) => void;

interface ClientRow {
  readonly title: string;
  readonly cells: Record<ClientKind, string>;
}

async function measureScenario(scenario: ClientScenario, client: ClientKind, print: PrintFunction): Promise<string> {
  const outcome = await ClientFixture.with(client, scenario.options ?? {}, (fixture) => scenario.measure(fixture));
  print(`${client.padEnd(5)}  ${scenario.title}: ${outcome.replaceAll("**", "")}`);
  return outcome;
}

/** Measures one board at a time, because other load would distort times in milliseconds. */
async function measureSequentially(scenarios: ClientScenario[], print: PrintFunction): Promise<ClientRow[]> {
  const rows: ClientRow[] = [];
  for (const scenario of scenarios) {
    const stock = await measureScenario(scenario, "stock", print);
    rows.push({ title: scenario.title, cells: { stock, ours: await measureScenario(scenario, "ours", print) } });
  }
  return rows;
}

/** Measures all scenarios in parallel. */
async function measureInParallel(scenarios: ClientScenario[], print: PrintFunction): Promise<ClientRow[]> {
  return Promise.all(
    scenarios.map(async (scenario) => {
      const [stock, ours] = await Promise.all(CLIENT_KINDS.map((client) => measureScenario(scenario, client, print)));
      return { title: scenario.title, cells: { stock, ours } };
    }),
  );
}

async function compareSizes(): Promise<ClientRow> {
  const measureSize = async (client: ClientKind) =>
    `${(await compileProgram(`small-${client}`)).length.toLocaleString("en")} B`;
  return {
    title: "size of an echo program, of 64 KB",
    cells: { stock: await measureSize("stock"), ours: await measureSize("ours") },
  };
}

/** Runs all scenarios on both clients. @returns the table in Markdown */
export async function compareClients(print: PrintFunction): Promise<string> {
  const rows = [
    ...(await measureSequentially(RECEIVE_SCENARIOS, print)),
    ...(await measureInParallel(CONNECT_SCENARIOS, print)),
    ...(await measureSequentially([MEMORY_SCENARIO], print)),
    await compareSizes(),
  ];
  return formatTable(
    ["", "stock `MQTTClient`", "`devicescript-mqtt`"],
    rows.map(({ title, cells }) => [title, cells.stock, cells.ours]),
  );
}
