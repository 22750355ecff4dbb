/** Tests the permissions of every kind of account on every topic, at the embedded broker and at the documented Mosquitto. */
import { describe, expect, onTestFinished, test } from "vitest";
import { missing, MOSQUITTO } from "../support/programs.js";
import { board, expected, NOTHING, tried, type Allowed } from "./support/access-matrix.js";
import { documentedAcl, startDocumentedMosquitto } from "./support/documented-mosquitto.js";
import { as, guarded } from "./support/guarded.js";
import { client } from "./support/server.js";

/** The expected permissions, as in the tables of docs/how-to/mosquitto/README.md. */
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

/** The expected permissions, as in docs/reference/security.md, where Home Assistant and apps are administrators. */
const EMBEDDED_TABLE: Readonly<Record<string, Allowed>> = {
  app: { publish: /./, receive: /./ },
  porch: board("porch"),
  shed: board("shed"),
  reader: { publish: NOTHING, receive: /./ },
};

describe.skipIf(missing(MOSQUITTO, "Mosquitto"))("with docs/how-to/mosquitto", () => {
  test("each account publishes and receives what the table allows and nothing else, and clients without an account are refused", async () => {
    const accounts = Object.keys(MOSQUITTO_TABLE);
    const broker = await startDocumentedMosquitto([...accounts, "witness"], "user witness\ntopic readwrite #\n");
    onTestFinished(() => broker.remove());
    expect(await tried(broker.url, accounts, as("witness"))).toEqual(expected(MOSQUITTO_TABLE));
    await expect(client(broker.url)).rejects.toMatchObject({ code: 5 });
  });

  test("no documented account except the server's can act as a board of the same name", async () => {
    const blocks = (await documentedAcl()).split(/^user /m).slice(1);
    const names = blocks.map((block) => block.split("\n", 1)[0]);
    expect(names).toEqual(Object.keys(MOSQUITTO_TABLE).filter((name) => !/porch|shed/.test(name)));
    for (const [n, block] of blocks.entries())
      if (names[n] !== "nightlight-server") expect(block).toContain(`topic deny nightlight/${names[n]}/#\n`);
  });
});

test("the embedded broker allows each account what the table says, and refuses clients without an account", async () => {
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
