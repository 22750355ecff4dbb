/** Runs the examples of docs/reference/api.md and compares the output. */
import { readFile } from "node:fs/promises";
import http from "node:http";
import { beforeAll, expect, test } from "vitest";
import { REJECTION_TEXTS } from "../../server/src/http/metrics/rejections.js";
import { eventually } from "../support/eventually.js";
import { ask, type Answer } from "./support/api.js";
import { startTestBoard } from "./support/board.js";
import { GARDEN_FILE } from "./support/garden.js";
import { startPeopleServer } from "./support/people.js";
import { connectClient, createOfflineSession } from "./support/server.js";
import { startReceiver } from "./support/receiver.js";
import { startSettingsServer } from "./support/settings.js";

const DOCUMENTED_URL = "http://127.0.0.1:8080";

/** A `curl` command of docs/reference/api.md with its documented JSON output, if any. */
interface Example {
  readonly words: readonly string[];
  readonly answer?: unknown;
}

/** Splits a command into words as a POSIX shell does. */
function splitWords(command: string): string[] {
  const words = command.replaceAll("\\\n", " ").match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double!),
  );
}

/** Returns every `curl` command of the page in order. A JSON block is the output of the last command before it. */
function examplesOf(page: string): Example[] {
  const examples: Example[] = [];
  for (const [, language, text] of page.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    if (language === "json") examples.push({ ...examples.pop()!, answer: JSON.parse(text) });
    else
      for (const command of text.split(/^(?=curl )/m).filter((part) => part.startsWith("curl ")))
        examples.push({ words: splitWords(command.trim()) });
  }
  return examples;
}

/** Sends the request of a `curl` command. */
async function runCurl(base: string, words: readonly string[]): Promise<Answer> {
  let method = "GET";
  let url = "";
  let body: string | undefined;
  const headers: Record<string, string> = {};
  const rest = words.slice(1);
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (word === "-X") method = rest.shift()!;
    else if (word === "-H") {
      const [, name, value] = /^([\w-]+): (.*)$/.exec(rest.shift()!)!;
      headers[name] = value;
    } else if (word === "-d") body = rest.shift()!;
    else if (word === "-o") rest.shift();
    else if (word.startsWith(DOCUMENTED_URL)) url = base + word.slice(DOCUMENTED_URL.length);
    else if (word !== "-N" && word !== "-f") throw new Error(`the test knows no curl ${word}`);
  }
  // read only the first event, because an event stream does not end
  if (words.includes("-N")) return readFirstEvent(url);
  return ask(url, "", { method, headers }, body);
}

function readFirstEvent(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, (response) => {
      response.setEncoding("utf8").once("data", (body: string) => {
        resolve({ status: response.statusCode!, body, headers: response.headers });
        response.destroy();
      });
    });
    request.on("error", reject);
  });
}

/** Returns the structure of a value: its fields and their types. */
function structureOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structureOf);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, structureOf(of)]));
}

/** Returns whether an example needs a server with accounts. */
function isAboutAccounts(words: readonly string[]): boolean {
  return words.some((word) => /\/api\/(users|login-sessions|first-administrator)/.test(word));
}

let page = "";
beforeAll(async () => {
  page = await readFile(new URL("../../docs/reference/api.md", import.meta.url), "utf8");
});

test("every example in docs/reference/api.md works and has the documented output", async () => {
  const { url: hook } = await startReceiver();
  const { brokerUrl, httpUrl } = await startSettingsServer(`${GARDEN_FILE}alerts: {after: 1 s, webhook: "${hook}"}\n`);
  await createOfflineSession(brokerUrl, "old-phone");
  const lesson = await connectClient(brokerUrl);
  await lesson.publishAsync("nightlight/porch/telemetry", '{"light":212}', { qos: 1 });
  await lesson.publishAsync("nightlight/shed/set", '{"mode":"on"}', { qos: 1 });
  await lesson.publishAsync("nightlight/gate/telemetry", '{"light":190}', { qos: 1 });
  const attic = await startTestBoard(brokerUrl, "nightlight/attic");
  attic.client.on("message", (topic, payload) => {
    // ignore empty messages, which only delete a retained message
    if (!topic.endsWith("/commands") || payload.length === 0) return;
    const { action, seq } = JSON.parse(payload.toString()) as { action?: string; seq: number };
    if (action) void attic.reply({ seq, ok: true, light: 212, led_on: true });
  });
  await lesson.publishAsync("nightlight/shed/status", '{"online":false}', { qos: 1, retain: true });
  const readAlerts = async () => (await ask(httpUrl, "/api/alerts")).body as unknown[];
  await eventually(async () => (await readAlerts()).length > 0, { what: "an alert" });
  const isGateKnown = async () => (await ask(httpUrl, "/api/devices/nightlight/gate")).status === 200;
  await eventually(isGateKnown, { what: "the last device" });

  const examples = examplesOf(page).filter(({ words }) => !isAboutAccounts(words));
  expect(examples.length).toBeGreaterThan(12);
  for (const { words, answer } of examples) {
    const { status, body } = await runCurl(httpUrl, words);
    expect(status, `${words.join(" ")}: ${JSON.stringify(body)}`).toBeLessThan(300);
    if (Array.isArray(answer))
      // compares only the first element, because the other elements depend on earlier examples
      expect((body as unknown[]).map(structureOf), words.join(" ")).toContainEqual(structureOf(answer[0]));
    else if (answer !== undefined && !words.join(" ").includes("/api/history?"))
      expect(structureOf(body), words.join(" ")).toEqual(structureOf(answer));
    else if (answer !== undefined) {
      const { points, switches } = answer as { points: unknown[]; switches: unknown[] };
      const real = body as { points: unknown[]; switches: unknown[] };
      expect(Object.keys(real).sort()).toEqual(Object.keys(answer as object).sort());
      expect(structureOf(real.points)).toEqual(structureOf(points));
      expect(structureOf(real.switches[0])).toEqual(structureOf(switches[0]));
    }
  }
});

test("every example about accounts in docs/reference/api.md works and has the documented output", async () => {
  const running = await startPeopleServer();
  const examples = examplesOf(page).filter(({ words }) => isAboutAccounts(words));
  expect(examples.length).toBeGreaterThan(8);
  const replaceSecrets = (word: string): string =>
    word.replace("$TOKEN", token).replace("k7wd-9mqh-x3fa", running.codes()[0]);
  let token = "";
  // the documented token belongs to an administrator, who exists after the first example
  const [first, ...others] = examples;
  for (const { words, answer } of [first, ...others]) {
    const { status, body, headers } = await runCurl(running.url, words.map(replaceSecrets));
    expect(status, `${words.join(" ")}: ${JSON.stringify(body)}`).toBeLessThan(300);
    if (answer !== undefined) expect(structureOf(body), words.join(" ")).toEqual(structureOf(answer));
    if (words !== first.words) continue;
    const cookie = headers["set-cookie"]![0].split(";", 1)[0];
    token = String((await running.send("POST", "/api/users/me/tokens", {}, { cookie })).json.token);
  }
});

test("docs/reference/api.md explains every rejection reason", () => {
  const named = [...page.matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm)].map(([, reason, why]) => [reason, why]);
  expect(Object.fromEntries(named)).toEqual(REJECTION_TEXTS);
});
