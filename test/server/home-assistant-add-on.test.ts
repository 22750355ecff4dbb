/** Tests that the add-on's options, its start script and the server fit together. Nobody could run it in Home Assistant. */
import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../../scripts/lib/repository.js";
import { FLAGS } from "../../server/src/config/flag-table.js";
import { loadConfig } from "./support/config.js";
import { createTemporaryFolder } from "./support/server.js";

const FOLDER = path.join(ROOT, "packaging/home-assistant-addon");

interface AddOn {
  readonly options: Readonly<Record<string, string>>;
  readonly schema: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number | null>>;
  readonly [key: string]: unknown;
}

const readYaml = async <T>(file: string): Promise<T> => parse(await readFile(path.join(FOLDER, file), "utf8")) as T;

describe("the add-on", async () => {
  const addOn = await readYaml<AddOn>("config.yaml");
  const { OPTION_VARIABLES, giveToNode, variablesOf } = (await import(path.join(FOLDER, "run.js"))) as {
    OPTION_VARIABLES: Readonly<Record<string, string>>;
    giveToNode(folder: string): void;
    variablesOf(options: object): Record<string, string>;
  };

  test.skipIf(process.getuid?.() !== 0)(
    "only root: files become those of the server, but not what a link in them names",
    async () => {
      const [folder, other] = [await createTemporaryFolder(), await createTemporaryFolder()];
      await mkdir(path.join(folder, "db"));
      for (const file of [path.join(folder, "db", "log"), path.join(other, "secret")]) await writeFile(file, "");
      await symlink(other, path.join(folder, "link"));
      giveToNode(folder);
      const ownerOf = async (file: string): Promise<number> => (await lstat(file)).uid;
      expect(await Promise.all(["", "db", "db/log", "link"].map((name) => ownerOf(path.join(folder, name))))).toEqual([
        1000, 1000, 1000, 1000,
      ]);
      expect(await Promise.all([other, path.join(other, "secret")].map(ownerOf))).toEqual([0, 0]);
    },
  );

  test("every option has a type, a variable of the server, and a description in every language", async () => {
    const names = Object.keys(addOn.schema);
    expect(Object.keys(OPTION_VARIABLES)).toEqual(names);
    for (const variable of Object.values(OPTION_VARIABLES)) expect(FLAGS.map(({ env }) => env)).toContain(variable);
    for (const language of ["en", "de"]) {
      const { configuration, network } = await readYaml<{ configuration: object; network: object }>(
        `translations/${language}.yaml`,
      );
      expect(Object.keys(configuration)).toEqual(names);
      expect(Object.keys(network)).toEqual(Object.keys(addOn.ports));
    }
    // an option is optional, or has a default
    for (const [name, type] of Object.entries(addOn.schema))
      expect([name, type.endsWith("?")]).toEqual([name, !(name in addOn.options)]);
  });

  test("the server accepts the default options, and every choice that the form offers", () => {
    const choicesOf = (type: string): string[] => /^list\((.*)\)$/.exec(type)?.[1].split("|") ?? [];
    const combinations = Object.entries(addOn.schema).flatMap(([name, type]) =>
      choicesOf(type).map((choice) => ({ ...addOn.options, [name]: choice })),
    );
    expect(combinations.length).toBe(5);
    for (const options of [addOn.options, ...combinations]) {
      const settings = loadConfig([], variablesOf(options)).options;
      expect(settings).toMatchObject({
        host: "0.0.0.0",
        data: "/data/nightlight",
        ingress: { role: options.ingress_role, from: "172.30.32.2" },
      });
    }
    const other = { ...addOn.options, broker: "mqtt://core-mosquitto", username: "nightlight", password: "secret" };
    expect(loadConfig([], variablesOf(other)).options).toMatchObject({
      broker: "mqtt://core-mosquitto",
      username: "nightlight",
      password: "secret",
    });
    expect(variablesOf({ ...addOn.options, broker: "" })).not.toHaveProperty("NIGHTLIGHT_BROKER");
  });

  test("ingress and the ports are those of the server, and direct access to the dashboard is off", () => {
    expect(addOn).toMatchObject({ ingress: true, ingress_port: 8080, init: false });
    expect(addOn.ports).toEqual({ "1883/tcp": 1883, "8080/tcp": null });
    expect(addOn.arch).toEqual(["amd64", "aarch64"]);
  });

  test("the pictures are PNG files of the right size, and the pages exist", async () => {
    const sizeOf = async (file: string): Promise<[number, number]> => {
      const bytes = await readFile(path.join(FOLDER, file));
      expect(bytes.subarray(1, 4).toString()).toBe("PNG");
      return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    };
    expect(await sizeOf("icon.png")).toEqual([128, 128]);
    expect(await sizeOf("logo.png")).toEqual([250, 100]);
    for (const page of ["DOCS.md", "CHANGELOG.md"]) expect(existsSync(path.join(FOLDER, page))).toBe(true);
    expect(parse(await readFile(path.join(ROOT, "repository.yaml"), "utf8"))).toMatchObject({ name: "Nightlight" });
  });
});
