/** Tests a history file that another version of the server has written. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { Database } from "../../server/src/history/database.js";
import { openSqliteHistory } from "./support/history.js";
import { createTemporaryFolder } from "./support/server.js";

/** Creates a history file whose schema has this version; returns its folder and path. */
async function createFileOfVersion(version: number): Promise<[folder: string, file: string]> {
  const folder = await createTemporaryFolder();
  const file = path.join(folder, "history.db");
  const database = new Database(file);
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
  return [folder, file];
}

test.each([
  [1, /written by an older nightlight-server \(its version is 1, this one reads version 2\)/],
  [3, /written by a newer nightlight-server \(its version is 3, this one reads version 2\)/],
  [99, /written by a newer nightlight-server .+99.+ move the file away to start a new history/],
])("the server refuses a file of schema version %d and does not change it", async (version, message) => {
  const [folder, file] = await createFileOfVersion(version);
  const before = await readFile(file);
  await expect(openSqliteHistory(folder)).rejects.toThrow(message);
  expect(before.equals(await readFile(file))).toBe(true);
});
