/** Updates over the air by the product alone: its server and its images, on a simulated board as `npm start` runs it. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { withText } from "../../scripts/build/configuration.js";
import { completeImage } from "../../scripts/build/image.js";
import { brokerSettingsOf, SimulatedBoard } from "../../sim/index.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { readFirmwareSources } from "../boards/support/sources.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { readFirmware, revertClass, withConfiguration } from "../support/firmware-image.js";
import { startRig, type Rig } from "../support/rig.js";

const ID = "nightlight/by-server";

let folder: string;
let rig: Rig;
let board: SimulatedBoard;

/** Writes an image into the folder that the server reads. */
async function offer(bytes: Buffer, version: string): Promise<void> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const description = { board: "nightlight_xiao_esp32c3", version, sha256, bytes: bytes.length };
  await writeFile(path.join(folder, "main/program.devs"), bytes);
  await writeFile(path.join(folder, "main/firmware.json"), JSON.stringify(description));
}

async function update(body?: object): Promise<void> {
  const url = `${rig.server.httpUrl}/api/devices/${encodeURIComponent(ID)}/update`;
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  expect(response.ok, await response.text()).toBe(true);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightlight-images-"));
  await mkdir(path.join(folder, "main"));
  const { bytes, version } = readFirmware("main");
  await offer(bytes, version);
  rig = await startRig({ broker: "embedded", ids: [], server: { updates: { folder } } });
  const settings = { ...brokerSettingsOf(rig.url), NL_ID: ID, UPDATE_URL: await rig.server.updateUrlOf(ID) };
  board = new SimulatedBoard({ id: ID, bytecode: bytes, settings });
  await board.start();
});
afterAll(async () => {
  await board?.stop();
  await rig?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Waits until the update of the board has ended with a version. */
const waitForEnd = (state: "done" | "failed", version: string) =>
  eventually(
    () => {
      const { update: view } = rig.server.devices.get(ID)!;
      return view?.state === state && view.version === version && view;
    },
    { within: 60_000, what: () => `${state} with ${version}: ${JSON.stringify(rig.server.devices.get(ID)?.update)}` },
  );

it("installs the version that the server offers, and the previous one again, each within 10 s", async () => {
  const { bytes, version } = readFirmware("main");
  const compiled = withConfiguration(revertClass(bytes), (configuration) => withText(configuration, "@version", "v9.9.9"));
  const next = completeImage(compiled, "");
  const firmware = () => rig.server.devices.get(ID)?.firmware;
  await eventually(() => firmware() === version, { what: "the board to be online" });
  await offer(next.bytes, next.version);
  for (const [body, target] of [[{}, next.version], [{ version }, version]] as const) {
    const begin = performance.now();
    await update(body);
    await eventually(() => firmware() === target && rig.server.devices.get(ID)?.online, { what: `${target} to run` });
    console.log(`on MQTT with ${target} after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    await waitForEnd("done", target);
  }
}); // prettier-ignore

it(
  "recognizes a version that connects and crashes again and again, and installs the previous one",
  { timeout: 300_000 },
  async () => {
    const { version } = readFirmware("main");
    const sources = readFirmwareSources(ROOT, "main");
    const connected = "await updater.connected()\n";
    expect(sources["src/nightlight.ts"]).toContain(connected);
    sources["src/nightlight.ts"] = sources["src/nightlight.ts"].replace(
      connected,
      `${connected}setTimeout(async () => { throw new Error("crashes") }, 3000)\n`,
    );
    const crashing = completeImage(await compile(sources), "v9.9.9-crashing");
    await offer(crashing.bytes, crashing.version);
    await update();
    await waitForEnd("done", crashing.version);
    const { problem } = await waitForEnd("failed", crashing.version);
    expect(problem).toContain(`has started ${crashing.version} again and again`);
    await update({ version });
    await waitForEnd("done", version);
  },
);
