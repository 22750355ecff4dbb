import fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BoardView, simulatorRoutes } from "../../sim/http.js";
import { Simulator } from "../../sim/index.js";
import { allowOnlyLoopback } from "../../sim/loopback.js";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { FOLLOW_LIGHT_PROGRAM } from "./programs.js";

const ID = "nightlight/sim-1";
const BOARDS_PATH = "/api/simulator/boards";

describe("the simulator's HTTP API", () => {
  let simulator: Simulator;
  let app: FastifyInstance;
  const events: { at: number; view: BoardView }[] = [];

  beforeAll(async () => {
    simulator = new Simulator({ bytecode: await compile(FOLLOW_LIGHT_PROGRAM) });
    app = fastify();
    app.addHook("onRequest", allowOnlyLoopback);
    simulatorRoutes(simulator)(app, {
      publishEvent: (name, view) => events.push({ at: performance.now(), view: view as BoardView }) && name,
    });
    await simulator.add({ id: ID }).start();
  });

  afterAll(async () => {
    await app.close();
    await simulator.close();
  });

  const injectRequest = async (method: "GET" | "PUT" | "POST" | "DELETE", url: string, payload?: object | string) => {
    const headers = {
      host: "127.0.0.1",
      ...(typeof payload === "string" ? { "content-type": "application/json" } : {}),
    };
    const response = await app.inject({ method, url, payload, headers });
    return { status: response.statusCode, body: response.body ? (response.json() as unknown) : undefined };
  };

  it("lists the boards", async () => {
    expect(await injectRequest("GET", BOARDS_PATH)).toEqual({
      status: 200,
      body: [{ id: ID, light: 512, lamp: false, held: false, running: true, crashes: 0, network: "up" }],
    });
  });

  it.each([ID, encodeURIComponent(ID)])("sets and releases the light of %s", async (id) => {
    const set = await injectRequest("PUT", `${BOARDS_PATH}/${id}/light`, { light: 100 });
    expect(set).toMatchObject({ status: 200, body: { id: ID, light: 100, held: true } });
    await eventually(() => simulator.boards.get(ID)?.lamp, { what: "the lamp" });
    const released = await injectRequest("PUT", `${BOARDS_PATH}/${id}/light`, { light: null });
    expect(released).toMatchObject({ status: 200, body: { light: 512, held: false } });
  });

  it("cuts and heals the network", async () => {
    for (const state of ["cut", "up"])
      expect(await injectRequest("PUT", `${BOARDS_PATH}/${ID}/network`, { state })).toMatchObject({
        body: { network: state },
      });
    const cut = await injectRequest("PUT", `${BOARDS_PATH}/${ID}/network`, { state: "cut", how: "silent" });
    expect(cut.status).toBe(200);
    await injectRequest("PUT", `${BOARDS_PATH}/${ID}/network`, { state: "up" });
  });

  it("restarts a board", async () => {
    let starts = 0;
    simulator.boards.get(ID)?.on("start", () => starts++);
    expect(await injectRequest("POST", `${BOARDS_PATH}/${ID}/restart`)).toMatchObject({
      status: 200,
      body: { running: true },
    });
    expect(starts).toBe(1);
  });

  it("adds and removes boards", async () => {
    expect(await injectRequest("POST", BOARDS_PATH, { id: "a/b/c" })).toMatchObject({
      status: 201,
      body: { id: "a/b/c", running: true },
    });
    expect(await injectRequest("POST", BOARDS_PATH, { id: "a/b/c" })).toMatchObject({ status: 409 });
    expect(await injectRequest("DELETE", `${BOARDS_PATH}/a/b/c`)).toEqual({ status: 204, body: undefined });
    expect(await injectRequest("DELETE", `${BOARDS_PATH}/a/b/c`)).toMatchObject({ status: 404 });
    expect(simulator.boards.size).toBe(1);
  });

  it.each([
    ["PUT", `/${ID}/light`, { light: 1024 }, 400, "from 0 to 1023"],
    ["PUT", `/${ID}/light`, { light: "5" }, 400, "from 0 to 1023"],
    ["PUT", `/${ID}/light`, {}, 400, "from 0 to 1023"],
    ["PUT", `/${ID}/light`, "[1]", 400, "from 0 to 1023"],
    ["PUT", `/${ID}/light`, "{", 400, ""],
    ["PUT", `/${ID}/network`, { state: "slow" }, 400, '"up"'],
    ["PUT", `/${ID}/network`, { state: "cut", how: "slowly" }, 400, '"silent"'],
    ["PUT", `/${ID}/colour`, { light: 1 }, 404, '"colour"'],
    ["PUT", `/${ID}`, { light: 1 }, 404, ""],
    ["PUT", "/nobody/light", { light: 1 }, 404, '"nobody"'],
    ["POST", "/nobody/restart", undefined, 404, '"nobody"'],
    ["POST", `/${ID}/dance`, undefined, 404, '"dance"'],
    ["POST", "", { id: "a/#" }, 400, "cannot contain # or +"],
    ["POST", "", { id: 5 }, 400, "nightlight/my-board"],
    ["POST", "", undefined, 400, "nightlight/my-board"],
  ] as const)("answers %s %s %j with %i and a sentence", async (method, path, payload, status, says) => {
    const response = await injectRequest(method, BOARDS_PATH + path, payload);
    expect(response).toEqual({ status, body: { error: expect.stringContaining(says) as string } });
    expect(simulator.boards.size).toBe(1);
  });

  it("sends changes at most ten times a second, ending with the latest state", async () => {
    events.length = 0;
    for (let light = 400; light < 600; light++) await injectRequest("PUT", `${BOARDS_PATH}/${ID}/light`, { light });
    await eventually(() => events.at(-1)?.view.light === 599, { what: "the last state" });
    const gaps = events.slice(1).map(({ at }, i) => at - events[i].at);
    for (const gap of gaps) expect(gap).toBeGreaterThan(95);
  });

  it.each([
    { host: "evil.example" },
    { host: "127.0.0.1:8080", origin: "http://evil.example" },
    { host: "localhost.evil.example" },
  ])("refuses requests from other websites when it runs alone: %j", async (headers) => {
    const response = await app.inject({ method: "GET", url: BOARDS_PATH, headers });
    expect(response.statusCode).toBe(403);
  });
});
