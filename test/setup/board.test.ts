/** What setup writes, a board joins its broker with: the file, DeviceScript's deploy, the real firmware in its VM. */
import { once } from "node:events";
import net from "node:net";
import { Aedes } from "aedes";
import { expect, onTestFinished, test } from "vitest";
import { parseAsDeviceScript } from "../../scripts/setup/devicescript.js";
import { setSettings } from "../../scripts/setup/env-file.js";
import { toSettings, type BoardSettings } from "../../scripts/setup/settings.js";
import { loadFirmware, SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";

/** What a broker is told by a board that has these settings. */
async function joined(settings: Pick<BoardSettings, "user" | "password" | "id">): Promise<unknown> {
  const broker = await Aedes.createBroker();
  const server = net.createServer((socket) => void broker.handle(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let told: unknown;
  broker.authenticate = (client, user, password, done) => {
    told = { client: client?.id, user, password: password && Buffer.from(password).toString("utf8") };
    done(null, true);
  };
  const { port } = server.address() as net.AddressInfo;
  const text = setSettings("", toSettings({ ...settings, ssid: "home", wifiPassword: "", broker: { host: "127.0.0.1", port, tls: false } })); // prettier-ignore
  const board = new SimulatedBoard({ id: "setup", ...loadFirmware(), settings: parseAsDeviceScript(text) });
  onTestFinished(async () => {
    await board.stop();
    await new Promise<void>((resolve) => broker.close(resolve));
    server.close();
  });
  await board.start();
  return eventually(() => told, { within: 15_000, what: "the board to join" });
}

test.each([
  ["signs that DeviceScript's parser falls over", { user: "1883", password: 'p#ss "w=rd" \\ ', id: "007" }],
  ["what looks like JSON", { user: "null", password: "1e3", id: "true" }],
  ["other scripts", { user: "Zoë", password: "пароль 密码 😀", id: "nightlight/porch" }],
])("%s in user name, password and id reach the broker as they were typed", async (_what, settings) => {
  const { id, ...rest } = settings;
  expect(await joined(settings)).toEqual({ ...rest, client: `nightlight-board:${id}` });
});

test("no user name is none at the broker", async () => {
  expect(await joined({ user: "", password: "", id: "porch" })).toMatchObject({ client: "nightlight-board:porch" });
});
