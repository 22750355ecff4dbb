import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { refuseToIgnoreAccounts } from "../../server/src/app/former-data.js";
import { defaultDataFolder } from "../../server/src/config/default-data-folder.js";
import { explainFormerDataFolder, findFormerDataFolder } from "../../server/src/config/former-data-folder.js";
import { loadConfig } from "./support/config.js";
import { createTemporaryFolder } from "./support/server.js";

const home = homedir();

test.each<[NodeJS.Platform, Record<string, string>, string]>([
  ["linux", { XDG_DATA_HOME: path.resolve("/data") }, path.resolve("/data/nightlight")],
  ["linux", {}, path.join(home, ".local/share/nightlight")],
  ["linux", { XDG_DATA_HOME: "" }, path.join(home, ".local/share/nightlight")],
  ["linux", { XDG_DATA_HOME: "relative" }, path.join(home, ".local/share/nightlight")],
  ["darwin", {}, path.join(home, "Library/Application Support/nightlight")],
  ["win32", { LOCALAPPDATA: path.resolve("/me/local") }, path.resolve("/me/local/nightlight")],
  ["win32", {}, path.join(home, "AppData/Local/nightlight")],
])("on %s with %j, the data folder is %s", (platform, env, folder) => {
  expect(defaultDataFolder(env, platform)).toBe(folder);
});

describe("the data folder of an earlier version", () => {
  test("it is found in the working directory, unless it is empty or the configuration names a data folder", async () => {
    const directory = await createTemporaryFolder();
    const former = path.join(directory, ".nightlight");
    expect(findFormerDataFolder(loadConfig([]), directory)).toBeUndefined();
    await mkdir(former);
    expect(findFormerDataFolder(loadConfig([]), directory)).toBeUndefined();
    await writeFile(path.join(former, "users.json"), "{}");
    expect(findFormerDataFolder(loadConfig([]), directory)).toBe(former);
    expect(findFormerDataFolder(loadConfig(["--data", "elsewhere"]), directory)).toBeUndefined();
    expect(findFormerDataFolder(loadConfig([], { XDG_DATA_HOME: directory }), directory)).toBe(former);
  });

  test("a server does not start without the accounts in it, because it would let everybody in", async () => {
    const [directory, data] = [await createTemporaryFolder(), await createTemporaryFolder()];
    const start = () => refuseToIgnoreAccounts(loadConfig([], { XDG_DATA_HOME: data }), "npm start --", directory);
    await mkdir(path.join(directory, ".nightlight"));
    await writeFile(path.join(directory, ".nightlight", "id"), "x");
    start();
    await writeFile(path.join(directory, ".nightlight", "users.json"), "{}");
    expect(start).toThrow(
      /It contains accounts\. To keep using it, run: npm start -- --data \.nightlight\. To move it/,
    );
    await mkdir(path.join(data, "nightlight"));
    await writeFile(path.join(data, "nightlight", "users.json"), "{}");
    start();
  });

  test("the commands that move it never overwrite the present data folder", async () => {
    const folder = path.join(await createTemporaryFolder(), "nightlight");
    const explain = () => explainFormerDataFolder("/old/.nightlight", folder, "nightlight-server", "linux");
    expect(explain()).toBe(
      `To keep using it, run: nightlight-server --data .nightlight. To move it, stop the server and run: mv "/old/.nightlight" "${folder}"`,
    );
    await mkdir(folder);
    expect(explain()).toContain(`run: mv "${folder}" "${folder}-1", then mv "/old/.nightlight" "${folder}"`);
    await mkdir(`${folder}-1`);
    expect(explain()).toContain(`run: mv "${folder}" "${folder}-2", then mv`);
  });
});
