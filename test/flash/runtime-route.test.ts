/** Tests the routes from which the dashboard gets what it writes to a board. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import Fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { addFlashingRoutes } from "../../server/src/http/flashing/routes.js";
import { addErrorHandlers } from "../../server/src/http/errors.js";
import { CHECKSUMS_FILE, RuntimeStore, sha256Of } from "../../server/src/http/flashing/runtime-store.js";
import { silentLog, type Log } from "../../server/src/observability/log.js";
import { startAsAdministrator } from "../server/support/people.js";
import { passwordOf } from "../server/support/guarded.js";
import { createTestLog, logIn } from "../server/support/http-app.js";
import { createRuntime, createTemporaryFolder, RUNTIME_NAME } from "./support/project.js";

/** Serves the routes with a store whose downloads get this answer. */
function serve(folder: string, answer: () => Promise<Response>, log: Log = silentLog) {
  const app = Fastify();
  onTestFinished(() => app.close());
  addErrorHandlers(app, silentLog);
  const runtimes = new RuntimeStore(folder, answer);
  const program = (board: string) => (board === "known" ? Uint8Array.of(1, 2) : undefined);
  addFlashingRoutes(app, { runtimes, program, log });
  return app;
}

test("the server downloads a runtime once, however many boards are flashed", async () => {
  let downloads = 0;
  const app = serve(await createTemporaryFolder(), () => {
    downloads++;
    return Promise.resolve(new Response(new Uint8Array(createRuntime())));
  });
  const url = "/api/flashing/runtimes/esp32c3";
  const answers = await Promise.all([app.inject({ url }), app.inject({ url })]);
  answers.push(await app.inject({ url }));
  for (const { statusCode, rawPayload } of answers) {
    expect(statusCode).toBe(200);
    expect(rawPayload.equals(createRuntime())).toBe(true);
  }
  expect(downloads).toBe(1);
});

test("runtimes for two chips that are downloaded at once both keep their checksums", async () => {
  const folder = await createTemporaryFolder();
  const images = { esp32: createRuntime(0), esp32c3: createRuntime(5) };
  // both downloads end at the same moment
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let downloads = 0;
  const store = new RuntimeStore(folder, async (url) => {
    if (++downloads === 2) release();
    await released;
    return new Response(new Uint8Array(images[String(url).endsWith("c3.bin") ? "esp32c3" : "esp32"]));
  });
  const get = (arch: string) => store.get(arch, { url: `https://runtimes.test/${arch}.bin` });
  await Promise.all([get("esp32"), get("esp32c3")]);
  expect(JSON.parse(await readFile(path.join(folder, CHECKSUMS_FILE), "utf8"))).toEqual({
    "esp32.bin": sha256Of(images.esp32),
    "esp32c3.bin": sha256Of(images.esp32c3),
  });
});

test("an offline server says where to get the runtime and where to put it, and then uses that copy", async () => {
  const folder = await createTemporaryFolder();
  const app = serve(folder, () => Promise.reject(new TypeError("fetch failed", { cause: new Error("offline") })));
  const url = "/api/flashing/runtimes/esp32c3";
  const refused = await app.inject({ url });
  expect(refused.statusCode).toBe(502);
  const { error } = refused.json<{ error: string }>();
  expect(error).toContain("offline");
  expect(error).toContain("https://github.com/microsoft/devicescript-esp32/releases/");
  expect(error).toContain(path.join(folder, RUNTIME_NAME));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, RUNTIME_NAME), createRuntime());
  expect((await app.inject({ url })).statusCode).toBe(200);
});

test("a runtime whose copy cannot be stored is delivered, with a warning in the log", async () => {
  const folder = path.join(await createTemporaryFolder(), "runtimes");
  await writeFile(folder, "a file in place of the folder");
  const log = createTestLog();
  const app = serve(folder, () => Promise.resolve(new Response(new Uint8Array(createRuntime()))), log);
  const { statusCode, rawPayload } = await app.inject({ url: "/api/flashing/runtimes/esp32c3" });
  expect(statusCode).toBe(200);
  expect(rawPayload.equals(createRuntime())).toBe(true);
  const text = expect.stringMatching(/^The copy of the runtime in .*runtimes could not be stored \(.*EEXIST/) as string;
  expect(log.lines).toEqual([expect.objectContaining({ level: "warn", text })]);
});

test("an unknown chip and an unknown board are reported as such", async () => {
  const app = serve(await createTemporaryFolder(), () => Promise.reject(new Error("offline")));
  expect((await app.inject({ url: "/api/flashing/runtimes/constructor" })).statusCode).toBe(404);
  expect((await app.inject({ url: "/api/flashing/programs/known" })).rawPayload).toEqual(Buffer.of(1, 2));
  expect((await app.inject({ url: "/api/flashing/programs/unknown" })).statusCode).toBe(404);
});

test("only administrators get what is written to boards, and only the own page may use serial ports", async () => {
  const { url, send, as } = await startAsAdministrator({ guest: "reader" });
  const cookie = await logIn(url, "guest", passwordOf("guest"));
  const program = "/api/flashing/programs/unknown";
  expect((await send("GET", program, undefined, { cookie })).status).toBe(403);
  const answer = await as("GET", program);
  expect(answer.status).toBe(404);
  expect(answer.headers["permissions-policy"]).toContain("serial=(self)");
});
