/** Tests `/api/sessions`: the list of MQTT sessions at the embedded broker, and which users may end a session. */
import { describe, expect, test } from "vitest";
import { createDisconnectedFields, FakeSessions, createSessionView } from "./support/fake-sessions.js";
import { ask, startHttpApp, createThreeAccounts } from "./support/http-app.js";

/** Client ids that are difficult to put into a URL. */
const DIFFICULT_IDS = [
  "nightlight/porch",
  "two words",
  "a+b",
  "50%",
  "100%25",
  "x&account=ann",
  "#?=;",
  "../..",
  'quote"',
  "тест 灯 🌙",
  "e\u0301",
  "\t\r\n",
  "__proto__",
];

const pathOf = (clientId: string, account?: string): string =>
  `/api/sessions?client_id=${encodeURIComponent(clientId)}` +
  (account === undefined ? "" : `&account=${encodeURIComponent(account)}`);

const createBearerAuth = (name: string) => ({ headers: { authorization: `Bearer ${name}-token` } });
const DELETE_REQUEST = { method: "DELETE" };

test("sessions are listed by account and client id, those without an account first", async () => {
  const phone = createSessionView("phone", {
    account: "ann",
    ...createDisconnectedFields(),
    subscriptions: 3,
    queued: 12,
  });
  const sessions = new FakeSessions(
    createSessionView("z", { account: "bob" }),
    phone,
    createSessionView("z"),
    createSessionView("Desk", { account: "ann" }),
    createSessionView("a"),
  );
  const { url } = await startHttpApp({ sessions });
  const { status, text } = await ask(url, "/api/sessions");
  expect(status).toBe(200);
  const list = JSON.parse(text) as { account: string | null; client_id: string }[];
  expect(list.map(({ account, client_id }) => [account, client_id])).toEqual([
    [null, "a"],
    [null, "z"],
    ["ann", "Desk"],
    ["ann", "phone"],
    ["bob", "z"],
  ]);
  expect(list[3]).toEqual(phone);
});

test.each(DIFFICULT_IDS)("ending the session of the client id %j ends no other session", async (clientId) => {
  const sessions = new FakeSessions(...DIFFICULT_IDS.map((id) => createSessionView(id)));
  const { url } = await startHttpApp({ sessions });
  const { status, text } = await ask(url, pathOf(clientId), DELETE_REQUEST);
  expect([status, text]).toEqual([204, ""]);
  expect(sessions.list().map(({ client_id }) => client_id)).toEqual(DIFFICULT_IDS.filter((id) => id !== clientId));
});

test("ending a session of one account keeps those of other accounts with the same client id", async () => {
  const sessions = new FakeSessions(
    createSessionView("phone"),
    createSessionView("phone", { account: "ann" }),
    createSessionView("phone", { account: "bob" }),
  );
  const { url } = await startHttpApp({ sessions });
  const listAccountsWithSessions = () => sessions.list().map(({ account }) => account);
  expect((await ask(url, pathOf("phone", "ann"), DELETE_REQUEST)).status).toBe(204);
  expect(listAccountsWithSessions()).toEqual([null, "bob"]);
  // an empty account in the path means a session without an account
  expect((await ask(url, pathOf("phone", ""), DELETE_REQUEST)).status).toBe(204);
  expect(listAccountsWithSessions()).toEqual(["bob"]);
});

test.each([
  ["phone", undefined, /^There is no session with .* "phone" and without an account; there is one of "ann", "bob":/],
  ["phone", "cid", /^The account "cid" has no session with the client id "phone"; there is one of "ann", "bob":/],
  ["desk", "ann", /^The account "ann" has no session .* "desk"; there is one without an account: change the param/],
  ["tablet", undefined, /^There is no session with the client id "tablet" and .*; GET \/api\/sessions lists/],
])("%s of the account %s has no session: 404 says what there is", async (clientId, account, error) => {
  const sessions = new FakeSessions(
    createSessionView("phone", { account: "ann" }),
    createSessionView("phone", { account: "bob" }),
    createSessionView("desk"),
  );
  const { url } = await startHttpApp({ sessions });
  const answer = await ask(url, pathOf(clientId, account), DELETE_REQUEST);
  expect([answer.status, answer.json.error]).toEqual([404, expect.stringMatching(error)]);
  expect(sessions.list()).toHaveLength(3);
});

test.each([
  ["/api/sessions", /^Name one session: /],
  ["/api/sessions?client_id=", /^Name one session: /],
  ["/api/sessions?client_id=a&client_id=b", /^The parameter "client_id" is given more than once\.$/],
  ["/api/sessions?client_id=a&account=b&account=c", /^The parameter "account" is given more than once\.$/],
])("DELETE %s names no session, and gets status 400 with an explanation", async (path, error) => {
  const sessions = new FakeSessions(createSessionView("a"), createSessionView("b"));
  const { url } = await startHttpApp({ sessions });
  const answer = await ask(url, path, DELETE_REQUEST);
  expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(error)]);
  expect(sessions.list()).toHaveLength(2);
});

describe("with accounts", () => {
  test.each([
    ["nobody", {}, 401, 401],
    ["a board's user", createBearerAuth("porch"), 403, 403],
    ["a reader", createBearerAuth("rob"), 200, 403],
    ["an administrator", createBearerAuth("ann"), 200, 204],
  ])("%s may do what the role allows", async (_who, credentials, listing, ending) => {
    const sessions = new FakeSessions(createSessionView("phone", { account: "bob" }));
    const { url } = await startHttpApp({ accounts: createThreeAccounts(), sessions });
    expect((await ask(url, "/api/sessions", credentials)).status).toBe(listing);
    expect((await ask(url, pathOf("phone", "bob"), { ...DELETE_REQUEST, ...credentials })).status).toBe(ending);
    expect(sessions.list()).toHaveLength(ending === 204 ? 0 : 1);
  });
});

test("a web page of another site cannot end a session", async () => {
  const sessions = new FakeSessions(createSessionView("phone"));
  const { url } = await startHttpApp({ sessions });
  const answer = await ask(url, pathOf("phone"), { ...DELETE_REQUEST, headers: { origin: "https://evil.example" } });
  expect(answer.status).toBe(403);
  expect(sessions.list()).toHaveLength(1);
});

test("with an external broker, the error says that the other broker stores the sessions", async () => {
  const { url } = await startHttpApp();
  for (const [path, method] of [
    ["/api/sessions", "GET"],
    [pathOf("phone"), "DELETE"],
  ]) {
    const answer = await ask(url, path, { method });
    expect(answer.status).toBe(404);
    expect(answer.json.error).toBe(
      "This server has joined the broker mqtt://127.0.0.1:1; list and end sessions with the tools of that broker.",
    );
  }
});

test("the status lists client ids that two clients use at the same time", async () => {
  const contested = [{ client_id: "a", account: "ann", addresses: ["192.168.1.20", "192.168.1.21"], takeovers: 12 }];
  const { url } = await startHttpApp({ sessions: new FakeSessions(), contested });
  expect((await ask(url, "/api/status")).json.contested_client_ids).toEqual(contested);
  const other = await startHttpApp();
  expect((await ask(other.url, "/api/status")).json.contested_client_ids).toEqual([]);
});
