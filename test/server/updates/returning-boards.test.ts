/** Tests updates of boards that restart, return late or are replaced, and of connections that are dead. */
import { EventEmitter } from "node:events";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { WebSocket } from "ws";
import type { Status } from "../../../contract/index.js";
import { Devices } from "../../../server/src/devices/devices.js";
import type { Outcome } from "../../../server/src/outputs/action.js";
import { AdapterLink, COMMAND, LinkError } from "../../../server/src/updates/adapter-link.js";
import { BoardUpdate } from "../../../server/src/updates/board-update.js";
import { readImage, type FirmwareImage } from "../../../server/src/updates/firmware-image.js";
import { applyLateReturns, stopReasonOf } from "../../../server/src/updates/rollout-plan.js";
import { Session } from "../../../server/src/updates/session.js";
import type { StoredRollout } from "../../../server/src/updates/stored-rollout.js";
import type { StoredUpdate } from "../../../server/src/updates/stored-update.js";
import { DEFAULT_UPDATE_TIMEOUTS } from "../../../server/src/updates/timeouts.js";
import { eventually } from "../../support/eventually.js";
import { writeTestImage } from "../../support/updatable-board.js";
import { createTestLog } from "../support/http-app.js";
import { createTemporaryFolder } from "../support/server.js";

const BOARD: Status = { online: true, board: "test_board", firmware: "1", boot: 1 };

async function createImage(version = "2"): Promise<FirmwareImage> {
  const folder = await createTemporaryFolder();
  await writeTestImage(folder, version);
  return readImage(path.join(folder, "test"));
}

/** Creates an update of a board that accepts each request. Only a new update of a board that is online begins at once. */
async function createUpdate({ online = true, ...stored }: Partial<StoredUpdate> & { online?: boolean } = {}) {
  const device = new Devices().obtain("nightlight/porch")!;
  let requests = 0;
  const actions = {
    isFull: () => false,
    request: async () => ({
      seq: ++requests,
      completion: Promise.resolve<Outcome>({ outcome: "done", seq: requests, ok: true }),
    }),
  };
  const context = { actions, timeouts: DEFAULT_UPDATE_TIMEOUTS, log: createTestLog(), changed() {}, ended() {} };
  device.applyStatus({ ...BOARD, online }, false);
  const update = new BoardUpdate(device, await createImage(), context, stored);
  onTestFinished(() => update.close());
  /** Reports a status, and waits for the answer to the request that may follow. */
  const report = async (status: Partial<Status>): Promise<void> => {
    device.applyStatus({ ...BOARD, ...status }, false);
    update.statusReceived(false);
    await eventually(() => update.state !== "waiting", { what: "the answer" });
  };
  update.start();
  if (online && !stored.state) await eventually(() => update.state === "handing-over", { what: "the request" });
  return { update, report, countRequests: () => requests };
}

/** Creates a link whose messages a test answers. */
function createLink(answer: (command: string) => string | LinkError): AdapterLink {
  const call = async (command: string): Promise<string> => {
    const result = answer(command);
    if (result instanceof LinkError) throw result;
    return result;
  };
  const link: Pick<AdapterLink, "readHash" | "writeProgram"> = {
    readHash: () => call("hash"),
    writeProgram: async () => void (await call("write")),
  };
  return link as AdapterLink;
}

const HANDOVER = { online: false, updating: true } as const;

test("a board that restarts before the program is written is asked again, three times in all", async () => {
  const { update, report, countRequests } = await createUpdate();
  for (const boot of [2, 3]) {
    await report({ ...HANDOVER, boot: boot - 1 });
    await report({ boot });
    expect(update.state).toBe("handing-over");
  }
  expect(countRequests()).toBe(3);
  await report({ boot: 4 });
  expect(update).toMatchObject({ state: "failed", problem: expect.stringContaining("restarted") as string });
});

test("a board that takes its socket back without a restart did not reach the server", async () => {
  const { update, report } = await createUpdate();
  await report(HANDOVER);
  await report({});
  expect(update).toMatchObject({ state: "failed", problem: expect.stringContaining("UPDATE_URL") as string });
});

test("a board that was handing over when the server ended is asked again", async () => {
  const { update, report, countRequests } = await createUpdate({ online: false, state: "handing-over" });
  await report({});
  expect(update.state).toBe("handing-over");
  expect(countRequests()).toBe(1);
});

test("a board that was replaced by one of another type keeps its program", async () => {
  const { update, report, countRequests } = await createUpdate({ online: false });
  await report({ board: "other_board" });
  expect(update).toMatchObject({
    state: "failed",
    problem: expect.stringContaining("type other_board now, but the update is for test_board") as string,
  });
  expect(countRequests()).toBe(0);
});

test("a board whose adapter connection is dead is asked over MQTT", async () => {
  const { update, countRequests } = await createUpdate({ online: false });
  update.device.applyStatus(BOARD, false);
  await update.adapterConnected(createLink(() => new LinkError("lost", "silent")));
  await eventually(() => update.state === "handing-over", { what: "the request" });
  expect(countRequests()).toBe(1);
});

test.each(["lost", "kept"])("a version that arrives while the program is written counts, with a connection that is %s", async (connection) => {
  const { update, report } = await createUpdate();
  await report(HANDOVER);
  await update.adapterConnected(
    createLink((command) => {
      if (command === "hash") return update.state === "writing" ? update.image.sha256 : "1".repeat(64);
      void report({ firmware: "2", boot: 2 });
      // the started program ends the connection, maybe before the board answers
      return connection === "lost" ? new LinkError("lost", "ended") : "";
    }),
  );
  expect(update.state).toBe("done");
}); // prettier-ignore

test("a failed update is done when the board runs the version after all", async () => {
  const { update, report } = await createUpdate({ state: "failed", problem: "No reply." });
  await report({ firmware: "2" });
  expect(update).toMatchObject({ state: "done", problem: undefined });
});

/** Lets a board report the new version with three more starts than the first one. */
async function crashAgainAndAgain({ update, report }: Awaited<ReturnType<typeof createUpdate>>): Promise<void> {
  for (const boot of [2, 3, 4, 5]) await report({ firmware: "2", boot });
  expect(update).toMatchObject({ state: "failed", isInCrashLoop: true });
}

test("a crash loop is over when the board has run for two minutes without another start", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const created = await createUpdate({ state: "restarting", isErased: true, previous: "1" });
  await crashAgainAndAgain(created);
  for (let boot = 6; boot < 20; boot++) {
    await vi.advanceTimersByTimeAsync(30_000);
    await created.report({ firmware: "2", boot });
  }
  await vi.advanceTimersByTimeAsync(119_000);
  expect(created.update.state).toBe("failed");
  await vi.advanceTimersByTimeAsync(1000);
  expect(created.update).toMatchObject({ state: "done", problem: undefined, isInCrashLoop: false });
});

test("retained messages and repeated reports are not starts", async () => {
  const { update, report } = await createUpdate({ state: "restarting", isErased: true, previous: "1" });
  await report({ firmware: "2", boot: 2 });
  for (const boot of [3, 4, 5, 6]) {
    update.device.applyStatus({ ...BOARD, firmware: "2", boot }, true);
    update.statusReceived(true);
  }
  for (const boot of [7, 7, 8, 8, 8]) await report({ firmware: "2", boot });
  expect(update.state).toBe("done");
});

test("a version that was given back to a board is not recommended in its own place", async () => {
  const created = await createUpdate({ state: "handing-over", isErased: true, previous: "2" });
  await crashAgainAndAgain(created);
  expect(created.update.problem).toContain("Install another version, or flash the board by cable.");
});

test("a rollout counts a board that returns late", () => {
  const rollout: StoredRollout = {
    state: "stopped",
    isRollback: false,
    acceptedFailures: 0,
    changedBefore: [],
    boards: [{ id: "n/1", version: "2", previous: "1", outcome: "failed" }],
  };
  const before = (rollout.problem = stopReasonOf(rollout));
  rollout.boards[0].outcome = "done";
  applyLateReturns(rollout, before);
  expect(rollout.problem).toContain("They run the new version now. Resume the rollout.");
});

test("a connection that is silent for a minute ends", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const terminate = vi.fn();
  const socket = Object.assign(new EventEmitter(), { terminate, send() {} });
  const create = (side: "board" | "server") => new Session(side, Buffer.alloc(32), Buffer.alloc(16), Buffer.alloc(16));
  const board = create("board");
  new AdapterLink(socket as unknown as WebSocket, create("server"));
  for (let pings = 0; pings < 10; pings++) {
    vi.advanceTimersByTime(30_000);
    socket.emit("message", board.encrypt(Buffer.from([COMMAND.ping])), true);
  }
  expect(terminate).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(terminate).toHaveBeenCalled();
  socket.emit("close");
  expect(vi.getTimerCount()).toBe(0);
});
