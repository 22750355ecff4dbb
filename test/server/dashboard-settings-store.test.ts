/** Tests that the settings on the page are the newest ones, in whatever order the answers of the server arrive. */
import { afterEach, expect, test, vi } from "vitest";
import { SettingsStore } from "../../server/dashboard/settings/store.js";
import { eventually } from "../support/eventually.js";

const EDITS = [{ path: ["zones", "hall", "label"], value: "Hall" }];

afterEach(() => void vi.unstubAllGlobals());

/** Creates a store with the version "1", and a list of its further requests, which the test answers. */
async function createLoadedStore() {
  const requests: { readonly method: string; answer(etag: string): void }[] = [];
  vi.stubGlobal(
    "fetch",
    (_url: string, { method }: { method: string }) =>
      new Promise<Response>((resolve) => {
        const settings = { refusal: null, problems: [], settings: [], zones: {}, devices: {} };
        const body = JSON.stringify(method === "GET" ? settings : { settings });
        requests.push({ method, answer: (etag) => resolve(new Response(body, { headers: { etag: `"${etag}"` } })) });
      }),
  );
  const store = new SettingsStore(() => Promise.reject(new Error("There is no conflict.")));
  store.ensureLoaded();
  requests.pop()!.answer("1");
  await eventually(() => store.version, { what: "the first version" });
  const waitForRequest = (count: number) =>
    eventually(() => requests.length === count && requests[count - 1], { what: `the request number ${count}` });
  const waitForVersion = (etag: string) =>
    eventually(() => store.version?.etag === `"${etag}"`, { what: `the version ${etag}` });
  return { store, requests, waitForRequest, waitForVersion };
}

test("an answer that was on its way while the page saved does not bring back the version from before", async () => {
  const { store, requests, waitForRequest, waitForVersion } = await createLoadedStore();
  void store.load();
  const saving = store.save(EDITS, store.version!);
  const [loading, change] = requests;
  change.answer("2");
  await saving;
  loading.answer("1");
  const again = await waitForRequest(3);
  expect(store.version?.etag).toBe('"2"');
  again.answer("3");
  await waitForVersion("3");
});

test("if another version arrives while the page saves, the page loads the settings again", async () => {
  const { store, requests, waitForRequest, waitForVersion } = await createLoadedStore();
  const saving = store.save(EDITS, store.version!);
  store.handleChange("3");
  requests[1].answer("3");
  await waitForVersion("3");
  requests[0].answer("2");
  await saving;
  (await waitForRequest(3)).answer("3");
  await waitForVersion("3");
});

test("a change that the server reports while the page loads the settings is loaded, too", async () => {
  const { store, requests, waitForRequest, waitForVersion } = await createLoadedStore();
  void store.load();
  store.handleChange("2");
  requests[0].answer("1");
  (await waitForRequest(2)).answer("2");
  await waitForVersion("2");
});
