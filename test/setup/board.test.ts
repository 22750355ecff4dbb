/** Tests that a board connects with the settings that setup writes. The firmware runs in DeviceScript's VM. */
import { once } from "node:events";
import net from "node:net";
import { Aedes } from "aedes";
import { expect, onTestFinished, test } from "vitest";
import { parseAsDeviceScript } from "../../scripts/setup/devicescript.js";
import { replaceSettings } from "../../scripts/setup/env-file.js";
import { toSettings, type BoardSettings } from "../../scripts/setup/settings.js";
import { loadFirmware, SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";

/** Starts a board with these settings, and returns what the broker receives in CONNECT. */
async function recordConnect(settings: Pick<BoardSettings, "user" | "password" | "id">): Promise<unknown> {
  const broker = await Aedes.createBroker();
  const server = net.createServer((socket) => void broker.handle(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let received: unknown;
  broker.authenticate = (client, user, password, done) => {
    received = { client: client?.id, user, password: password && Buffer.from(password).toString("utf8") };
    done(null, true);
  };
  const { port } = server.address() as net.AddressInfo;
  const text = replaceSettings("", toSettings({ ...settings, ssid: "home", wifiPassword: "", broker: { host: "127.0.0.1", port, tls: false } })); // prettier-ignore
  const board = new SimulatedBoard({ id: "setup", ...loadFirmware(), settings: parseAsDeviceScript(text) });
  onTestFinished(async () => {
    await board.stop();
    await new Promise<void>((resolve) => broker.close(resolve));
    server.close();
  });
  await board.start();
  return eventually(() => received, { within: 15_000, what: "the board's CONNECT" });
}

test.each([
  ["characters that DeviceScript's parser misreads", { user: "1883", password: 'p#ss "w=rd" \\ ', id: "007" }],
  ["text that looks like JSON", { user: "null", password: "1e3", id: "true" }],
  ["text in other scripts", { user: "Zoë", password: "пароль 密码 😀", id: "nightlight/porch" }],
])("%s in user name, password and id: the broker receives the typed text", async (_what, settings) => {
  const { id, ...rest } = settings;
  expect(await recordConnect(settings)).toEqual({ ...rest, client: `nightlight-board:${id}` });
});

test("a board without a user name connects without one", async () => {
  expect(await recordConnect({ user: "", password: "", id: "porch" })).toMatchObject({
    client: "nightlight-board:porch",
  });
});
