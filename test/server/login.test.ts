import { describe, expect, test } from "vitest";
import { COMMAND_NAME } from "../../server/src/common/command-name.js";
import { BusyError } from "../../server/src/security/accounts.js";
import { ask, startHttpApp, logIn, createThreeAccounts, type Answer } from "./support/http-app.js";

const postLogin = (url: string, name: unknown, password: unknown, headers = {}): Promise<Answer> =>
  ask(url, "/api/login", { method: "POST", body: { name, password }, headers });

describe("logging in", () => {
  test("a login starts a session with the user's name, and a logout ends it", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    expect((await ask(url, "/api/session")).json).toEqual({
      ...{ name: null, role: null, required: true },
      command: COMMAND_NAME,
    });
    const answer = await postLogin(url, "rob", "rob password");
    expect(answer).toMatchObject({ status: 200, json: { name: "rob", role: "reader", required: true } });
    const [cookie, ...attributes] = answer.headers["set-cookie"]![0].split("; ");
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=Strict"]);
    expect(answer.text).not.toContain(cookie.split("=")[1]);
    const headers = { cookie };
    expect((await ask(url, "/api/session", { headers })).json).toMatchObject({ name: "rob", role: "reader" });
    const logout = await ask(url, "/api/logout", { method: "POST", headers });
    expect(logout.status).toBe(204);
    expect(logout.headers["set-cookie"]![0]).toContain("Max-Age=0");
    expect((await ask(url, "/api/session", { headers })).json).toMatchObject({ name: null });
    expect((await ask(url, "/api/devices", { headers })).status).toBe(401);
  });

  test("every login creates a new session, even if the browser sends an old one", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const name = (await logIn(url, "ann")).split("=")[0];
    const planted = `${name}=${"A".repeat(43)}`;
    const first = (await postLogin(url, "ann", "ann password", { cookie: planted })).headers["set-cookie"]![0];
    expect(first).not.toContain("AAAA");
    expect((await ask(url, "/api/devices", { headers: { cookie: planted } })).status).toBe(401);
    const cookie = first.split(";")[0];
    await postLogin(url, "rob", "rob password", { cookie });
    expect((await ask(url, "/api/devices", { headers: { cookie } })).status).toBe(401);
  });

  test("a wrong name and a wrong password get the same answer", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const answers = [
      await postLogin(url, "ann", "guess"),
      await postLogin(url, "nobody", "guess"),
      await postLogin(url, "", ""),
    ];
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([401, '{"error":"The name or the password is wrong."}']);
      expect(headers["set-cookie"]).toBeUndefined();
    }
    expect(Object.keys(answers[1].headers)).toEqual(Object.keys(answers[0].headers));
  });

  test("the account of a board cannot log in", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const answer = await postLogin(url, "porch", "porch password");
    expect(answer).toMatchObject({ status: 403, json: { error: expect.stringContaining("board") } });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test.each([
    [undefined, "x"],
    ["ann", 5],
    [["ann"], "x"],
    [{}, null],
  ])("a login with %j and %j gets an error that names the expected fields", async (name, password) => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    expect(await postLogin(url, name, password)).toMatchObject({ status: 400, json: { error: /^Log in with/ } });
  });

  test.each(["null", "[]", '"ann"', "5"])(
    "a login with the body %s gets an error that shows the expected body",
    async (body) => {
      const { url } = await startHttpApp({ accounts: createThreeAccounts() });
      expect((await ask(url, "/api/login", { method: "POST", body })).status).toBe(400);
    },
  );

  test("a change of the password ends all sessions of the user", async () => {
    const accounts = createThreeAccounts();
    const { url } = await startHttpApp({ accounts });
    const headers = { cookie: await logIn(url, "ann") };
    expect((await ask(url, "/api/devices", { headers })).status).toBe(200);
    accounts.set("ann", "admin", "another");
    expect((await ask(url, "/api/devices", { headers })).status).toBe(401);
    accounts.set("ann", "admin", "ann password");
    expect((await ask(url, "/api/devices", { headers })).status).toBe(401);
  });

  test("the server postpones a login while too many password checks wait, and does not count the attempt", async () => {
    const accounts = createThreeAccounts();
    accounts.authenticate = () => Promise.reject(new BusyError());
    const { url } = await startHttpApp({ accounts });
    for (let n = 0; n < 10; n++)
      expect(await postLogin(url, "ann", `x${n}`)).toMatchObject({ status: 503, json: { error: /Too many logins/ } });
  });
});

describe("password guessing", () => {
  test("after five failures with any name, the server answers when to try again", async () => {
    for (const name of ["ann", "nobody"]) {
      const accounts = createThreeAccounts();
      const { url } = await startHttpApp({ accounts });
      for (let n = 0; n < 5; n++) expect((await postLogin(url, name, `guess ${n}`)).status).toBe(401);
      const answer = await postLogin(url, name, "ann password");
      expect(answer).toMatchObject({
        status: 429,
        headers: { "retry-after": "1" },
        json: { error: "There were too many wrong passwords; try again in 1 s." },
      });
      expect(accounts.checks).toBe(5);
    }
  });

  test("parallel attempts and Basic authentication are throttled as well", async () => {
    const accounts = createThreeAccounts();
    const { url } = await startHttpApp({ accounts });
    const guesses = Array.from({ length: 60 }, (_, n) =>
      n % 2
        ? postLogin(url, "ann", `guess ${n}`)
        : ask(url, "/api/devices", {
            headers: { authorization: `Basic ${Buffer.from(`ann:guess ${n}`).toString("base64")}` },
          }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(accounts.checks).toBe(5);
  });

  test("many simultaneous requests with the right password are not throttled", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const headers = { authorization: `Basic ${Buffer.from("ann:ann password").toString("base64")}` };
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(url, "/api/devices", { headers })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("one client's wrong passwords do not end another's session", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts() });
    const headers = { cookie: await logIn(url, "ann") };
    for (let n = 0; n < 8; n++) await postLogin(url, "ann", `guess ${n}`);
    expect((await postLogin(url, "ann", "ann password")).status).toBe(429);
    expect((await ask(url, "/api/devices", { headers })).status).toBe(200);
  });
});
