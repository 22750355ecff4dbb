import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CLI_FOLDER } from "../../scripts/lib/devicescript-cli.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { getRuntime, loadRuntimeSources, pinRuntimes } from "../../scripts/flash/runtime.js";
import { sha256Of, type RuntimeSources } from "../../server/src/http/flashing/runtime-store.js";
import { failureOf } from "./support/failure.js";
import { createRuntime, createTemporaryFolder, RUNTIME_NAME } from "./support/project.js";

const RELEASE = `https://runtimes.test/releases/latest/download/${RUNTIME_NAME}`;
const PINNED_RELEASE = `https://runtimes.test/releases/download/v1/${RUNTIME_NAME}`;

/** Serves a body for each request, and records the addresses. */
function serve(body: Uint8Array | string, status = 200) {
  const urls: string[] = [];
  const fetch = (url: unknown) => {
    urls.push(String(url));
    return Promise.resolve(new Response(typeof body === "string" ? body : new Uint8Array(body), { status }));
  };
  return { urls, fetch: fetch as typeof globalThis.fetch };
}

/** Gets the runtime of the ESP32-C3 in a folder. */
const get = (root: string, fetch: typeof globalThis.fetch, sha256?: string, file?: string) =>
  getRuntime("esp32c3", { root, fetch, file, sources: { esp32c3: { url: RELEASE, sha256 } } });

const noNetwork = () => Promise.reject(new Error("offline"));

/** Puts a file into the cache of a folder. */
async function putIntoCache(root: string, content: Uint8Array): Promise<void> {
  await mkdir(path.join(root, ".devicescript/cache"), { recursive: true });
  await writeFile(path.join(root, ".devicescript/cache", RUNTIME_NAME), content);
}

const runtime = createRuntime();
const changed = Buffer.from(runtime).fill(1, 0x5000, 0x5010);

describe("DeviceScript's runtime", () => {
  test("is downloaded once, and used from the cache without a network from then on", async () => {
    const root = await createTemporaryFolder();
    const server = serve(runtime);
    const { name, bytes } = await get(root, server.fetch, sha256Of(runtime));
    expect(name).toBe(RUNTIME_NAME);
    expect(sha256Of(bytes)).toBe(sha256Of(runtime));
    expect(server.urls).toEqual([RELEASE]);
    const again = await get(root, noNetwork, sha256Of(runtime));
    expect(sha256Of(again.bytes)).toBe(sha256Of(runtime));
    expect(again.origin).toContain("verified");
    expect(await readdir(path.join(root, ".devicescript/cache"))).toEqual([RUNTIME_NAME]);
  });

  test("is refused when a download has another checksum than the pinned one", async () => {
    const root = await createTemporaryFolder();
    const error = await failureOf(get(root, serve(changed).fetch, sha256Of(runtime)));
    expect(error.step).toBe("the download");
    expect(error.problem).toContain(sha256Of(changed));
    expect(error.problem).toContain("Nothing was written");
    expect(await readdir(root)).toEqual([]);
  });

  test("is downloaded again when the copy in the cache was changed", async () => {
    const root = await createTemporaryFolder();
    await putIntoCache(root, changed);
    expect((await failureOf(get(root, noNetwork, sha256Of(runtime)))).problem).toMatch(/offline.*cache is not used/);
    const { bytes } = await get(root, serve(runtime).fetch, sha256Of(runtime));
    expect(sha256Of(bytes)).toBe(sha256Of(runtime));
    expect(sha256Of((await get(root, noNetwork, sha256Of(runtime))).bytes)).toBe(sha256Of(runtime));
  });

  test("is used although the cache cannot be written, and says so", async () => {
    const root = await createTemporaryFolder();
    await writeFile(path.join(root, ".devicescript"), "a file in place of the folder");
    const { bytes, origin } = await get(root, serve(runtime).fetch);
    expect(sha256Of(bytes)).toBe(sha256Of(runtime));
    expect(origin).toMatch(/could not be stored \(.*\), so that it is downloaded again next time\.$/);
  });

  test("without a pinned checksum, must stay the same as the first download", async () => {
    const root = await createTemporaryFolder();
    expect((await get(root, serve(runtime).fetch)).origin).toContain("recorded");
    expect((await get(root, noNetwork)).origin).toContain("verified");
    await putIntoCache(root, changed);
    const error = await failureOf(get(root, serve(changed).fetch));
    expect(error.problem).toContain("that of the first download");
    expect(error.remedy).toContain("checksums.json");
    expect(sha256Of((await get(root, serve(runtime).fetch)).bytes)).toBe(sha256Of(runtime));
  });

  test("without a pinned checksum, is taken from a cache that an earlier version filled", async () => {
    const root = await createTemporaryFolder();
    await putIntoCache(root, runtime);
    expect((await get(root, noNetwork)).origin).toContain("recording its checksum");
    expect((await get(root, noNetwork)).origin).toContain("verified");
  });

  test.each([
    ["a login page", "<html>", 200, /not a runtime.*login page/],
    ["the runtime of another chip", createRuntime(9), 200, /not a runtime/],
    ["an error", "gone", 404, /answers 404/],
  ])("is not taken from an answer with %s", async (_, body, status, problem) => {
    const root = await createTemporaryFolder();
    const error = await failureOf(get(root, serve(body, status).fetch));
    expect(error.problem).toMatch(problem);
    expect(error.remedy).toContain(`download ${RELEASE}`);
    expect(error.remedy).toContain("--file");
  });

  test("can be a local file, even without a network", async () => {
    const root = await createTemporaryFolder();
    const file = path.join(root, "copy.bin");
    await writeFile(file, runtime);
    expect((await get(root, noNetwork, sha256Of(runtime), file)).origin).toContain("has the pinned checksum");
    expect((await get(root, noNetwork, sha256Of(changed), file)).origin).toContain("without verification");
    await writeFile(file, createRuntime(2));
    expect((await failureOf(get(root, noNetwork, undefined, file))).problem).toContain("not a runtime for the chip esp32c3"); // prettier-ignore
    expect((await failureOf(get(root, noNetwork, undefined, path.join(root, "missing.bin")))).problem).toContain("cannot be read"); // prettier-ignore
  });

  test("has the address for each chip that DeviceScript's own command uses, until it is pinned", async () => {
    const command = await readFile(path.join(CLI_FOLDER, "built/devicescript-cli.cjs"), "utf8");
    const sources = await loadRuntimeSources(ROOT);
    expect(Object.keys(sources)).toEqual(["esp32", "esp32s2", "esp32s3", "esp32c3"]);
    for (const { url, sha256 } of Object.values(sources)) {
      expect(command).toContain(url.replace(/\/releases\/download\/[^/]+\//, "/releases/latest/download/"));
      expect(/\/releases\/latest\//.test(url)).toBe(sha256 === undefined);
    }
  });

  test("is pinned with its checksum and the address of its release", async () => {
    const root = await createTemporaryFolder();
    const table = path.join(root, "flashing/runtimes.json");
    await mkdir(path.dirname(table), { recursive: true });
    await writeFile(table, JSON.stringify({ esp32c3: { url: RELEASE } } satisfies RuntimeSources));
    const server = serve(runtime);
    const fetch = ((url: string, options?: RequestInit) =>
      options?.method === "HEAD"
        ? Promise.resolve(new Response(undefined, { status: 302, headers: { location: PINNED_RELEASE } }))
        : server.fetch(url)) as typeof globalThis.fetch;
    const pinned = { esp32c3: { url: PINNED_RELEASE, sha256: sha256Of(runtime) } };
    expect(await pinRuntimes(root, fetch)).toEqual(pinned);
    expect(await loadRuntimeSources(root)).toEqual(pinned);
    expect(server.urls).toEqual([PINNED_RELEASE]);
  });
});
