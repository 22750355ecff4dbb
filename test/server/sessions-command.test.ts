/** Tests the output of the command `nightlight-server sessions` for people and scripts. */
import { describe, expect, test } from "vitest";
import { createDisconnectedFields, FakeSessions, createSessionView } from "./support/fake-sessions.js";
import { startHttpApp } from "./support/http-app.js";
import { createHousehold, runSessions } from "./support/sessions-program.js";

describe("list", () => {
  test("sessions list prints a table with a header and times in words on a terminal", async () => {
    const { url } = await startHttpApp({ sessions: createHousehold() });
    const { out, said, error } = await runSessions(["list", "--url", url], { terminal: true });
    expect({ said, error }).toEqual({ said: "", error: "" });
    expect(out.split("\n")).toEqual([
      "CLIENT ID  ACCOUNT  SUBSCRIPTIONS  QUEUED  STATE",
      "desk       -                    1       0  connected",
      "phone      ann                  3      12  away for 1 h, expires in 6 d",
      "phone      bob                  1       1  connected",
      "",
    ]);
  });

  test("sessions list prints columns separated by tabs and times in ISO 8601 to a pipe", async () => {
    const now = Date.UTC(2026, 10, 23, 18, 4, 5, 678);
    const phone = createSessionView("phone", {
      account: "ann",
      ...createDisconnectedFields(now),
      subscriptions: 3,
      queued: 12,
    });
    const { url } = await startHttpApp({ sessions: new FakeSessions(phone, createSessionView("desk")) });
    const { out } = await runSessions(["list", "--url", url]);
    expect(out).toBe(
      "desk\t-\tconnected\t1\t0\t-\t-\n" +
        "phone\tann\taway\t3\t12\t2026-11-23T17:04:05.678Z\t2026-11-29T18:04:05.678Z\n",
    );
  });

  test("sessions list prints the API's JSON with --json", async () => {
    const directory = createHousehold();
    const { url } = await startHttpApp({ sessions: directory });
    const { out } = await runSessions(["list", "--json", "--url", url], { terminal: true });
    const [ann, bob, desk] = directory.list();
    expect(JSON.parse(out)).toEqual([desk, ann, bob]);
  });

  test("sessions list says that there are no sessions on stderr, not on stdout", async () => {
    const { url } = await startHttpApp({ sessions: new FakeSessions() });
    const { out, said, error } = await runSessions(["list", "--url", url]);
    expect({ out, said, error }).toEqual({ out: "", said: `No client has a session at ${url}.\n`, error: "" });
    expect((await runSessions(["list", "--json", "--url", url])).out).toBe("[]\n");
  });

  test("sessions list escapes terminal control sequences in client ids", async () => {
    const directory = new FakeSessions(createSessionView("a\u001b[2J\tb\n\u202ec\\d"));
    const { url } = await startHttpApp({ sessions: directory });
    const { out } = await runSessions(["list", "--url", url]);
    expect(out.split("\t")[0]).toBe("a\\u{1b}[2J\\u{9}b\\u{a}\\u{202e}c\\\\d");
    // the command accepts the client id in its escaped form, as `list` printed it
    const { error } = await runSessions(["end", out.split("\t")[0], "--url", url]);
    expect(error).toBe("");
    expect(directory.list()).toEqual([]);
  });
});

describe("end", () => {
  test("sessions end ends the session and says what it deleted", async () => {
    const directory = createHousehold();
    const { url } = await startHttpApp({ sessions: directory });
    const ann = await runSessions(["end", "phone", "--account", "ann", "--url", url]);
    expect(ann).toEqual({
      out: "",
      said: "Ended the session phone of ann: deleted 3 subscriptions and 12 queued messages.\n",
      error: "",
    });
    // the account may be left out, because only one session with this client id remains
    const bob = await runSessions(["end", "phone", "--url", url]);
    expect(bob.said).toBe(
      "Ended the session phone of bob: deleted 1 subscription and 1 queued message." +
        " Disconnected its client, which gets a new session if it connects again.\n",
    );
    expect(directory.list().map(({ client_id }) => client_id)).toEqual(["desk"]);
  });

  test.each(["nightlight/porch", "two words", "-dash", "50%&account=ann", "тест 🌙", "__proto__"])(
    "sessions end accepts the client id %s",
    async (clientId) => {
      const directory = new FakeSessions(createSessionView(clientId), createSessionView("other"));
      const { url } = await startHttpApp({ sessions: directory });
      expect((await runSessions(["end", "--url", url, "--", clientId])).error).toBe("");
      expect(directory.list().map(({ client_id }) => client_id)).toEqual(["other"]);
    },
  );

  test("sessions end requires the account if several have the same client id", async () => {
    const directory = createHousehold();
    const { url } = await startHttpApp({ sessions: directory });
    expect((await runSessions(["end", "phone", "--url", url])).error).toBe(
      "UsageError: Several sessions have the client id phone: of ann, bob. Choose with --account NAME.",
    );
    expect(directory.list()).toHaveLength(3);
  });

  test("sessions end can end a session without an account beside one of an account with the same client id", async () => {
    const directory = new FakeSessions(createSessionView("phone"), createSessionView("phone", { account: "ann" }));
    const { url } = await startHttpApp({ sessions: directory });
    expect((await runSessions(["end", "phone", "--url", url])).error).toMatch(
      /: without an account, of ann\. Choose with --account NAME or --no-account\.$/,
    );
    const { said } = await runSessions(["end", "phone", "--no-account", "--url", url]);
    expect(said).toMatch(/^Ended the session phone: /);
    expect(directory.list().map(({ account }) => account)).toEqual(["ann"]);
  });

  test.each<[args: string[], error: RegExp]>([
    [["phne"], /There is no session with the client id phne\. Similar: phone\.$/],
    [["hon"], /There is no session with the client id hon\. Similar: phone\.$/],
    [["tablet"], /There is no session with the client id tablet\. There are: desk, phone\.$/],
    [
      ["phone", "--account", "cid"],
      /The account cid has no session with the client id phone; there is one of ann, bob\.$/,
    ],
    [["desk", "--account", "ann"], /The account ann has no session .* desk; there is one without an account\.$/],
    [["phone", "--no-account"], /There is no session .* phone and without an account; there is one of ann, bob\.$/],
  ])("%j names no session: the error says which there are", async (args, error) => {
    const directory = createHousehold();
    const { url } = await startHttpApp({ sessions: directory });
    expect((await runSessions(["end", ...args, "--url", url])).error).toMatch(error);
    expect(directory.list()).toHaveLength(3);
  });

  test("the error names a few of many sessions and how to list all of them", async () => {
    const ids = Array.from({ length: 1000 }, (_, i) => `board-${i}`);
    const { url } = await startHttpApp({ sessions: new FakeSessions(...ids.map((id) => createSessionView(id))) });
    expect((await runSessions(["end", "board-999x", "--url", url])).error).toMatch(
      /Similar: board-999(, board-\d+){4}\.$/,
    );
    expect((await runSessions(["end", "phone", "--url", url])).error).toMatch(/sessions list shows all 1000\.$/);
    const none = await startHttpApp({ sessions: new FakeSessions() });
    expect((await runSessions(["end", "phone", "--url", none.url])).error).toMatch(/, and no other session\.$/);
  });
});

test.each([
  ["list", /--json.*--token-file|--token-file.*--json/s],
  ["end", /--account <name>.*--no-account.*sessions end old-phone --account ann --user boss/s],
])("sessions %s --help shows the flags and examples", async (name, words) => {
  const { out } = await runSessions([name, "--help"]);
  expect(out).toMatch(words);
  expect(out).toMatch(/Examples:\n {2}\$ npm run server -- sessions/);
});
