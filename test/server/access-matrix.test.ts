/** Every kind of account and every topic of the contract, at Mosquitto with docs/how-to/mosquitto and at the embedded broker. */
import { describe, expect, onTestFinished, test } from "vitest";
import { missing, MOSQUITTO } from "../support/programs.js";
import { board, expected, NOTHING, tried, type Allowed } from "./support/access-matrix.js";
import { documentedAcl, startDocumentedMosquitto } from "./support/documented-mosquitto.js";
import { as, guarded } from "./support/guarded.js";
import { client } from "./support/server.js";

/** docs/how-to/mosquitto/README.md, told a second time. */
const MOSQUITTO_TABLE: Readonly<Record<string, Allowed>> = {
  "nightlight-server": { publish: /^(nightlight|homeassistant)\//, receive: /^(nightlight|homeassistant)\// },
  porch: board("porch"),
  shed: board("shed"),
  reader: { publish: NOTHING, receive: /^nightlight\/(?!reader\/)/ },
  app: { publish: /^nightlight\/(?!app\/)([^/]+|zones\/[^/]+)\/set$/, receive: /^nightlight\/(?!app\/)/ },
  homeassistant: {
    publish: /^(homeassistant\/status|nightlight\/(?!homeassistant\/)[^/]+\/set)$/,
    receive: /^(homeassistant\/|nightlight\/(?!homeassistant\/))/,
  },
};

/** docs/reference/security.md, told a second time. Home Assistant and apps that override are administrators there. */
const EMBEDDED_TABLE: Readonly<Record<string, Allowed>> = {
  app: { publish: /./, receive: /./ },
  porch: board("porch"),
  shed: board("shed"),
  reader: { publish: NOTHING, receive: /./ },
};

describe.skipIf(missing(MOSQUITTO, "Mosquitto"))("with docs/how-to/mosquitto", () => {
  test("each account publishes and receives what the table says, and nothing else; nobody without one is let in", async () => {
    const accounts = Object.keys(MOSQUITTO_TABLE);
    const broker = await startDocumentedMosquitto([...accounts, "witness"], "user witness\ntopic readwrite #\n");
    onTestFinished(() => broker.remove());
    expect(await tried(broker.url, accounts, as("witness"))).toEqual(expected(MOSQUITTO_TABLE));
    await expect(client(broker.url)).rejects.toMatchObject({ code: 5 });
  });

  test("every account of the file but the server's is kept from passing for a board of its name", async () => {
    const blocks = (await documentedAcl()).split(/^user /m).slice(1);
    const names = blocks.map((block) => block.split("\n", 1)[0]);
    expect(names).toEqual(Object.keys(MOSQUITTO_TABLE).filter((name) => !/porch|shed/.test(name)));
    for (const [n, block] of blocks.entries())
      if (names[n] !== "nightlight-server") expect(block).toContain(`topic deny nightlight/${names[n]}/#\n`);
  });
});

test("at the embedded broker each account publishes and receives what the table says; nobody without one is let in", async () => {
  const users = {
    witness: "admin",
    app: "admin",
    reader: "reader",
    porch: { device: "nightlight/porch" },
    shed: { device: "nightlight/shed" },
  } as const;
  const { url } = await guarded(users, { silent: true });
  expect(await tried(url, Object.keys(EMBEDDED_TABLE), as("witness"))).toEqual(expected(EMBEDDED_TABLE));
  await expect(client(url)).rejects.toMatchObject({ code: 5 });
});
