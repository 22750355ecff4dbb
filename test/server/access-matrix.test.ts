/** Tests the permissions of every kind of account on every topic, at the embedded broker and at the documented Mosquitto. */
import { describe, expect, onTestFinished, test } from "vitest";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import {
  boardPermissionsOf,
  createExpectedMatrix,
  NO_TOPIC,
  measureMatrix,
  type AllowedTopics,
} from "./support/access-matrix.js";
import { readDocumentedAcl, startDocumentedMosquitto } from "./support/documented-mosquitto.js";
import { loginOf, startBrokerWithAccounts } from "./support/guarded.js";
import { connectClient } from "./support/server.js";

/** The expected permissions at Mosquitto, as in the tables of docs/how-to/mosquitto/README.md. */
const MOSQUITTO_TABLE: Readonly<Record<string, AllowedTopics>> = {
  "nightlight-server": { publish: /^(nightlight|homeassistant)\//, receive: /^(nightlight|homeassistant)\// },
  porch: boardPermissionsOf("porch"),
  shed: boardPermissionsOf("shed"),
  reader: { publish: NO_TOPIC, receive: /^nightlight\/(?!reader\/)/ },
  app: { publish: /^nightlight\/(?!app\/)([^/]+|zones\/[^/]+)\/set$/, receive: /^nightlight\/(?!app\/)/ },
  homeassistant: {
    publish: /^(homeassistant\/status|nightlight\/(?!homeassistant\/)[^/]+\/set)$/,
    receive: /^(homeassistant\/|nightlight\/(?!homeassistant\/))/,
  },
};

/**
 * The expected permissions at the embedded broker, as in docs/reference/security.md. Apps log in as administrators there.
 */
const EMBEDDED_TABLE: Readonly<Record<string, AllowedTopics>> = {
  app: { publish: /./, receive: /./ },
  porch: boardPermissionsOf("porch"),
  shed: boardPermissionsOf("shed"),
  reader: { publish: NO_TOPIC, receive: /./ },
  homeassistant: { publish: /^(homeassistant\/status|nightlight\/.+\/set)$/, receive: /./ },
};

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("with docs/how-to/mosquitto", () => {
  test("each account publishes and receives what the table allows and nothing else, and clients without an account are refused", async () => {
    const accounts = Object.keys(MOSQUITTO_TABLE);
    const broker = await startDocumentedMosquitto([...accounts, "witness"], "user witness\ntopic readwrite #\n");
    onTestFinished(() => broker.remove());
    expect(await measureMatrix(broker.url, accounts, loginOf("witness"))).toEqual(
      createExpectedMatrix(MOSQUITTO_TABLE),
    );
    await expect(connectClient(broker.url)).rejects.toMatchObject({ code: 5 });
  });

  test("no documented account except the server's can act as a board of the same name", async () => {
    const blocks = (await readDocumentedAcl()).split(/^user /m).slice(1);
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
    homeassistant: "home-assistant",
    porch: { device: "nightlight/porch" },
    shed: { device: "nightlight/shed" },
  } as const;
  const { url } = await startBrokerWithAccounts(users, { silent: true });
  expect(await measureMatrix(url, Object.keys(EMBEDDED_TABLE), loginOf("witness"))).toEqual(
    createExpectedMatrix(EMBEDDED_TABLE),
  );
  await expect(connectClient(url)).rejects.toMatchObject({ code: 5 });
});
