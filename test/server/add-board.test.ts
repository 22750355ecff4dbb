/** Tests what the page shows for a new board: addresses, commands and names. */
import { execFileSync } from "node:child_process";
import { networkInterfaces } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderAddresses } from "../../server/dashboard/add-board/addresses.js";
import {
  createReadingCommand,
  createSetupCommand,
  createSimulatorCommand,
} from "../../server/dashboard/add-board/commands.js";
import { proposeName } from "../../server/dashboard/add-board/propose-name.js";
import { browserNameOf } from "../../server/dashboard/people/browser-name.js";
import { isPrivateAddress, listOwnAddresses } from "../../server/src/common/own-addresses.js";
import { createNewBoardView } from "../../server/src/http/new-board.js";
import { ask } from "./support/api.js";
import { startTestServer } from "./support/server.js";

const ACCOUNT = { name: "porch", password: "secret" };
const LAN_BROKER_URL = "mqtt://192.168.1.20:1883";

describe("the commands for a new board", () => {
  test("name the broker, the id and the account, and no flag of setup contains the password", () => {
    expect(createSetupCommand({ broker: LAN_BROKER_URL, id: "nightlight/porch", account: ACCOUNT })).toBe(
      "NIGHTLIGHT_BOARD_PASSWORD=secret \\\n  npm run setup -- --broker mqtt://192.168.1.20:1883 --user porch --id nightlight/porch",
    );
    expect(createSetupCommand({ broker: LAN_BROKER_URL, id: "a/b", account: undefined })).toMatch(
      / --anonymous --id a\/b$/,
    );
    expect(createSetupCommand({ broker: LAN_BROKER_URL, id: "a/b", account: null })).not.toMatch(/--anonymous|--user/);
    expect(createSimulatorCommand({ broker: LAN_BROKER_URL, id: "a/b", account: ACCOUNT })).toBe(
      "npm run sim -- --broker mqtt://porch:secret@192.168.1.20:1883 --id a/b",
    );
    expect(createReadingCommand({ broker: "mqtts://[::1]:8884", id: "a/b", account: undefined })).toMatch(
      /^npx mqtt pub -h '?::1'? -p 8884 -C mqtts -q 1 -t a\/b\/telemetry -m '\{"light": 200\}'$/,
    );
  });

  test("a shell passes every id and account to the program unchanged", () => {
    const text = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 });
    const property = fc.property(text, text, text, (id, name, password) => {
      const command = createReadingCommand({ broker: LAN_BROKER_URL, id, account: { name, password } });
      const printed = execFileSync("sh", ["-c", command.replace("npx mqtt pub", "printf '%s\\n'")], {
        encoding: "utf8",
      });
      const words = ["-h", "192.168.1.20", "-p", "1883", "-u", name, "-P", password];
      words.push("-q", "1", "-t", `${id}/telemetry`, "-m", '{"light": 200}', "");
      expect(printed).toBe(words.join("\n"));
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe("the addresses for a new board", () => {
  test.each([
    ["a page on this machine", "127.0.0.1", [LAN_BROKER_URL], [LAN_BROKER_URL]],
    ["a server that only this machine reaches", "localhost", [], []],
    ["a server in a container, opened by the address of its host", "10.0.0.5", ["mqtt://172.17.0.2:1883"], ["mqtt://10.0.0.5:1883", "mqtt://172.17.0.2:1883"]], // prettier-ignore
    ["a page opened by one of the addresses", "192.168.1.20", ["mqtt://10.0.0.1:1883", LAN_BROKER_URL], [LAN_BROKER_URL, "mqtt://10.0.0.1:1883"]], // prettier-ignore
    ["a page opened by a name", "nas.local", [LAN_BROKER_URL], [LAN_BROKER_URL, "mqtt://nas.local:1883"]],
    ["TLS, opened by a name", "lights.example.org", ["mqtts://nas:8883"], ["mqtts://lights.example.org:8883", "mqtts://nas:8883"]], // prettier-ignore
    ["TLS, opened by an address", "192.168.1.20", ["mqtts://nas:8883"], ["mqtts://nas:8883"]],
  ])("for %s", (_what, host, addresses, expected) => {
    expect(orderAddresses(addresses, host)).toEqual(expected);
  });

  const viewOf = (host: string, url: string, rest: Partial<Parameters<typeof createNewBoardView>[0]> = {}) =>
    createNewBoardView({
      settings: { host, prefix: "n", startCommand: undefined, tls: undefined },
      link: { url },
      broker: {},
      accounts: { isLoginRequired: true } as never,
      ...rest,
    });

  test("are never those of this machine only", () => {
    expect(viewOf("127.0.0.1", "mqtt://127.0.0.1:1883")).toMatchObject({
      addresses: [],
      local: "mqtt://127.0.0.1:1883",
    });
    const wide = viewOf("0.0.0.0", "mqtt://host:1884");
    expect(wide).toMatchObject({ local: "mqtt://127.0.0.1:1884", account_required: true, start_command: null });
    expect(wide.addresses).toEqual(listOwnAddresses().map((address) => `mqtt://${address}:1884`));
    expect(viewOf("192.168.1.20", LAN_BROKER_URL).addresses).toEqual([LAN_BROKER_URL]);
    const tls = { host: "0.0.0.0", prefix: "n", startCommand: undefined, tls: { only: true } };
    const link = { url: "mqtt://127.0.0.1:1883", secureUrl: "mqtts://host:8883" };
    expect(viewOf("", "mqtt://x", { settings: tls, link }).addresses).toEqual(["mqtts://host:8883"]);
  });

  test("are those of the other broker, whose accounts this server does not know", () => {
    const viewOfRemote = (url: string) => viewOf("127.0.0.1", url, { broker: undefined });
    expect(viewOfRemote("mqtts://broker.example.org:8883")).toMatchObject({
      ...{ addresses: ["mqtts://broker.example.org:8883"], embedded: false, account_required: false },
    });
    expect(viewOfRemote("mqtt://127.0.0.1:1883").addresses).toEqual([]);
    expect(viewOfRemote("mqtt://[::1]:1883").addresses).toEqual([]);
  });

  test("come from the server with the command that started it", async () => {
    const { httpUrl, brokerUrl } = await startTestServer({ startCommand: "npm start --" });
    expect((await ask(httpUrl!, "/api/new-board")).body).toEqual({
      ...{ addresses: [], local: brokerUrl, embedded: true, account_required: false, topic_prefix: "nightlight" },
      ...{ start_command: "npm start --", simulator: false },
    });
  });

  test("of this machine begin with those of private networks", () => {
    const found = listOwnAddresses(networkInterfaces());
    const firstPublic = found.findIndex((address) => !isPrivateAddress(address));
    for (const address of found) expect(address).not.toMatch(/^127\./);
    if (firstPublic >= 0) expect(found.slice(0, firstPublic).every(isPrivateAddress)).toBe(true);
  });
});

test("the proposed name is the first that no board has", () => {
  expect(proposeName("n", () => false)).toBe("board-1");
  expect(proposeName("n", (id) => id === "n/board-1" || id === "n/board-2")).toBe("board-3");
});

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
    "Edge, Windows",
  ],
  ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Safari/604.1", "Safari, iPhone"],
  ["curl/8.5.0", "curl/8.5.0"],
  ["", ""],
])("the browser %j is shown as %j", (userAgent, name) => {
  expect(browserNameOf(userAgent)).toBe(name);
});
