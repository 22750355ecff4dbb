/** Compares the OpenAPI document with the answers of the routes for updates. */
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { DescribedApi, findSchemaProblem } from "../support/described-api.js";
import { followEvents } from "../support/api.js";
import { startBoard, startUpdateServer } from "./support.js";

/** Answers to missing rights and unreadable bodies, which are the same for all routes; ../openapi.test.ts tests them. */
const COMMON_ANSWERS = /^\w+ (401|403|413|415)$/;

test("the routes for updates give the described answers", async () => {
  const { server } = await startUpdateServer();
  const api = new DescribedApi();
  const check = (...[operationId, status, request]: [string, number, Parameters<typeof api.checkAnswer>[3]?]) =>
    api.checkAnswer(server.httpUrl!, operationId, status, request);
  const id = "nightlight/porch";
  const path = { id };
  await check("createBoardKey", 201, { body: { id } });
  await check("createBoardKey", 400, { body: { id: "#" } });
  await check("changeRollout", 404, { body: { action: "stop" } });
  await check("startRollout", 409);
  await check("startUpdate", 404, { path });
  await check("cancelUpdate", 404, { path });
  await startBoard(server, id);
  const { events } = await followEvents(server.httpUrl!);
  await check("startUpdate", 400, { path, body: { version: 1 } });
  await check("startUpdate", 409, { path, body: { version: "1" } });
  await check("startUpdate", 202, { path });
  await eventually(() => server.devices.get(id)?.update?.state === "done", { what: "the update" });
  await check("cancelUpdate", 204, { path });
  await check("startUpdate", 202, { path, body: { version: "1" } });
  await eventually(() => server.devices.get(id)?.firmware === "1", { what: "version 1" });
  await check("startRollout", 202);
  await check("changeRollout", 400, { body: { action: "fly" } });
  await eventually(() => server.devices.get(id)?.firmware === "2", { what: "the rollout" });
  await check("changeRollout", 409, { body: { action: "resume" } });
  await check("listUpdates", 200);
  await eventually(() => check("changeRollout", 200, { body: { action: "roll-back" } }), { what: "the way back" });
  await eventually(
    () => server.devices.get(id)?.update?.state === "writing" || server.devices.get(id)?.firmware === "1",
  );
  for (const { event, data } of events)
    expect(findSchemaProblem(["components", "schemas", "Events", "properties", event], data), event).toBe("");
  const open = api.listUnseenAnswers(({ tags }) => tags.includes("updates"));
  // a board erases its program for an instant only
  expect(open.filter((answer) => !COMMON_ANSWERS.test(answer) && answer !== "cancelUpdate 409")).toEqual([]);
});
