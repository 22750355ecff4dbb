/** Tests the command `nightlight-server update` with a running server. */
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { addCommand, createCommand } from "../../../server/src/app/cli.js";
import { updateCommand } from "../../../server/src/app/commands/update/command.js";
import { UpdateKeys } from "../../../server/src/security/update-keys.js";
import { eventually } from "../../support/eventually.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { sendJson } from "../support/api.js";
import { createTemporaryFolder } from "../support/server.js";
import { startBoard, startUpdateServer } from "./support.js";

const ID = "nightlight/porch";

function runUpdate(url: string, data: string, ...args: string[]) {
  return runReportingUpdate(url, data, () => {}, ...args);
}

/** Runs the command. @param report receives everything that the command has said so far */
async function runReportingUpdate(url: string, data: string, report: (said: string) => void, ...args: string[]) {
  let out = "";
  let said = "";
  let error = "";
  const command = createCommand().configureOutput({ writeOut: (text) => (out += text), writeErr() {} });
  const terminal = {
    input: new PassThrough(),
    output: { write: (text: string) => (out += text) },
    messages: { write: (text: string) => report((said += text)) },
  };
  addCommand(
    command,
    updateCommand(
      () => url,
      () => data,
      terminal,
      {},
    ),
  );
  await command.parseAsync(["update", ...args], { from: "user" }).catch((thrown: Error) => {
    error = `${thrown.name}: ${thrown.message}`;
  });
  return { out, said, error };
}

test("the command updates a board with progress, all boards, and goes back", async () => {
  const { server } = await startUpdateServer();
  const data = await createTemporaryFolder();
  const run = (...args: string[]) => runUpdate(server.httpUrl!, data, ...args);
  const board = await startBoard(server, ID);
  expect((await run("list")).out).toBe(
    `BOARD\tINSTALLED\tNEWEST\tUPDATE\tSINCE\n${ID}\t1\t1\t-\t-\n\nTYPE\tVERSION\tNEWEST\ntest_board\t2\tyes\ntest_board\t1\tno\n`,
  );
  expect(await run("board", ID)).toEqual({
    out: "",
    said: expect.stringMatching(new RegExp(`${ID} runs 2\\.\n$`)) as string,
    error: "",
  });
  expect(board.version).toBe("2");
  expect((await run("list")).out).toMatch(new RegExp(`\n${ID}\t2\t2\tdone\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\dZ\n`));
  const needless = await run("board", ID);
  expect(needless).toMatchObject({ said: `${ID} already runs the newest version; nothing to do.\n`, error: "" });
  expect((await run("board", ID, "--to", "9")).error).toContain('no version "9"');
  expect((await run("all")).said).toContain("No board that is online needs an update");
  expect((await run("board", ID, "--to", "1")).said).toMatch(/runs 1\.\n$/);
  expect((await run("all")).said).toContain("finished: wave 1 (one board); 1 of 1 done");
  expect(board.version).toBe("2");
  expect((await run("stop")).error).toBe("CommandError: No rollout is running.");
  expect((await run("roll-back")).error).toBe("");
  await eventually(() => board.version === "1", { what: "version 1" });
  expect((await run("roll-back")).error).toContain("already have their previous versions again");
  expect((await run("cancel", "nightlight/attic")).error).toContain("nightlight/attic");
});

test("the command ends with the reason when a board does not return", async () => {
  const { server } = await startUpdateServer({ restart: 300 }, { offered: "2-broken" });
  const data = await createTemporaryFolder();
  await startBoard(server, ID);
  const { said, error } = await runUpdate(server.httpUrl!, data, "all");
  expect(said).toContain("running: wave 1 (one board); 0 of 1 done, 1 updating");
  expect(error).toMatch(/^CommandError: The update failed on 1 of 1 boards, .* Failed: nightlight\/porch\.$/);
});

test("the command fails when somebody replaces the update by that of another version", async () => {
  const { server, folder } = await startUpdateServer();
  const data = await createTemporaryFolder();
  (await startBoard(server, ID)).close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
  let said = "";
  const report = (text: string) => void (said = text);
  const running = runReportingUpdate(server.httpUrl!, data, report, "board", ID, "--to", "2");
  await eventually(() => said.includes("is offline"), { what: "the command to wait" });
  await writeTestImage(folder, "3");
  expect((await sendJson("POST", server.httpUrl!, `/api/devices/${ID}/update`, "{}")).status).toBe(202);
  await startBoard(server, ID);
  expect((await running).error).toBe(`CommandError: Another update of ${ID} has begun: to 3.`);
});

test("the command says which version crashed and when, and why a rollout left boards out", async () => {
  const { server } = await startUpdateServer({ restart: 2000 }, { offered: "2-broken" });
  const data = await createTemporaryFolder();
  const run = (...args: string[]) => runUpdate(server.httpUrl!, data, ...args);
  await startBoard(server, ID);
  await run("board", ID);
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\dZ`;
  expect((await run("list")).said).toMatch(new RegExp(`^${time}: ${ID} has the program 2-broken but did not report`));
  await run("board", ID, "--to", "1");
  expect((await run("list")).said).toMatch(new RegExp(`^${time}: Version 2-broken probably crashed on ${ID}`));
  await startBoard(server, "nightlight/attic", { refusal: "too busy" });
  const { error } = await run("all");
  expect(error).toContain("failed on 1 of 1 boards");
  const { out, said } = await run("list");
  expect(out).toMatch(new RegExp(`nightlight/attic\t1\t2-broken\tfailed\t${time}\n`));
  expect(said).toMatch(new RegExp(`stopped: wave 1 \\(one board\\); .* to 2-broken \\(${time}\\)\n`));
  expect(said).toContain("\nFailed: ");
  expect(said).toContain("\nLeft out: nightlight/attic refuses the update: too busy.\n");
  expect((await run("all")).error).toMatch(/ update resume" and "/);
});

test("the command names the boards that a rollback has left out, and why", async () => {
  const { server } = await startUpdateServer();
  const data = await createTemporaryFolder();
  const run = (...args: string[]) => runUpdate(server.httpUrl!, data, ...args);
  await startBoard(server, ID, { version: "0.9" });
  await startBoard(server, "nightlight/attic");
  await run("all");
  const reason = "This server has no copy of 0.9 for the board type test_board";
  expect((await run("roll-back")).said).toContain(`\nLeft out: ${reason}`);
  expect((await run("roll-back")).error).toContain(`CommandError: No board was rolled back. ${reason}`);
});

test("the command confirms that an update was given up, or that its result was removed", async () => {
  const { server } = await startUpdateServer();
  const data = await createTemporaryFolder();
  const cancel = () => runUpdate(server.httpUrl!, data, "cancel", ID);
  const update = () => sendJson("POST", server.httpUrl!, `/api/devices/${ID}/update`, "{}");
  (await startBoard(server, ID)).close();
  await eventually(() => server.devices.get(ID)?.online === false, { what: "offline" });
  await update();
  expect((await cancel()).said).toBe(`The update of ${ID} was given up.\n`);
  expect(await cancel()).toMatchObject({ said: "", error: `CommandError: ${ID} has no update.` });
  await update();
  await startBoard(server, ID);
  await eventually(() => server.devices.get(ID)?.update?.state === "done", { what: "the update" });
  expect((await cancel()).said).toBe(`The result of the last update of ${ID} was removed.\n`);
});

test("the command prints the URL with a key, and always the same", async () => {
  const data = await createTemporaryFolder();
  const url = "http://nas:8080";
  const { out } = await runUpdate(url, data, "url", ID);
  expect(out).toMatch(/^ws:\/\/wssk:[0-9a-f]{64}@nas:8080\/updates\/nightlight\/porch\n$/);
  expect((await runUpdate(url, data, "url", ID, "--url", "https://x.org/night")).out).toBe(
    out.replace("ws:", "wss:").replace("nas:8080", "x.org:443/night"),
  );
  expect((await runUpdate(url, data, "url", "#")).error).toContain("The device id");
});

test("the command creates no key for an address that boards cannot use", async () => {
  const data = await createTemporaryFolder();
  const { error } = await runUpdate("http://nas:8080", data, "url", ID, "--url", "http://[fd00::1]:8080");
  expect(error).toContain("Boards cannot use an IPv6 address");
  expect(await new UpdateKeys(data).find(ID)).toBeUndefined();
});
