/** Compares the answers about accounts with the OpenAPI document. */
import { mkdir, rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { usersFilePath } from "../../server/src/security/users-file.js";
import type { Answer } from "./support/api.js";
import { DescribedApi, operations, type DescribedRequest } from "./support/described-api.js";
import { startAsAdministrator, PASSWORD, startPeopleServer } from "./support/people.js";

describe("the server's answers about accounts match the document", () => {
  const api = new DescribedApi();
  let url = "";
  let cookie = "";

  const checkAnswer = (operationId: string, status: number, request: DescribedRequest = {}): Promise<Answer> =>
    api.checkAnswer(url, operationId, status, {
      ...request,
      headers: { ...(cookie && { cookie }), ...request.headers },
    });

  const ann = { path: { name: "ann", id: "none" } };
  const nobody = { path: { name: "nobody", id: "none" } };

  test("an administrator gets the described answers", async () => {
    ({ url, cookie } = await startAsAdministrator({ porch: { device: "nightlight/porch" } }));
    await checkAnswer("getSession", 200);
    await checkAnswer("addUser", 201, { body: { name: "ann", role: "reader", password: PASSWORD } });
    await checkAnswer("addUser", 201, { body: { name: "attic", role: "device", device: "nightlight/attic" } });
    await checkAnswer("addUser", 400, { body: { name: "bob", role: "boss" } });
    await checkAnswer("addUser", 409, { body: { name: "ann", role: "reader" } });
    const { id } = (await checkAnswer("makeToken", 201, { ...ann, body: { expires: "9d" } })).body as { id: string };
    await checkAnswer("makeToken", 201, { ...ann, body: {} });
    await checkAnswer("makeToken", 400, { ...ann, body: { expires: "soon" } });
    await checkAnswer("makeToken", 404, { ...nobody, body: {} });
    await checkAnswer("makeToken", 409, { path: { name: "porch" }, body: {} });
    await checkAnswer("listUsers", 200);
    await checkAnswer("getUser", 200, ann);
    await checkAnswer("getUser", 404, nobody);
    await checkAnswer("revokeToken", 204, { path: { name: "ann", id } });
    await checkAnswer("revokeToken", 404, ann);
    await checkAnswer("revokeTokens", 204, ann);
    await checkAnswer("revokeTokens", 404, nobody);
    await checkAnswer("changeRole", 200, { ...ann, body: { role: "admin" } });
    await checkAnswer("changeRole", 400, { ...ann, body: { role: "device" } });
    await checkAnswer("changeRole", 404, { ...nobody, body: { role: "admin" } });
    await checkAnswer("changePassword", 200, { ...ann, body: {} });
    await checkAnswer("changePassword", 200, { ...ann, body: { password: PASSWORD } });
    await checkAnswer("changePassword", 400, { ...ann, body: { password: "ann" } });
    await checkAnswer("changePassword", 404, { ...nobody, body: {} });
    // sends no cookie, because a login with the administrator's cookie would end the administrator's session
    await checkAnswer("logIn", 200, { body: { name: "ann", password: PASSWORD }, headers: { cookie: "" } });
    const sessions = (await checkAnswer("listLoginSessions", 200)).body as { id: string; current: boolean }[];
    const other = sessions.find(({ current }) => !current)!.id;
    await checkAnswer("endLoginSession", 204, { path: { id: other } });
    await checkAnswer("endLoginSession", 404, { path: { id: other } });
    await checkAnswer("removeUser", 204, ann);
    await checkAnswer("removeUser", 404, ann);
    await checkAnswer("removeUser", 409, { path: { name: "boss" } });
    await checkAnswer("changeRole", 409, { path: { name: "boss" }, body: { role: "reader" } });
    await checkAnswer("createFirstAdministrator", 409, { body: { code: "x", name: "eve", password: PASSWORD } });
  });

  test("requests without an account, and too many of them, get the described answers", async () => {
    ({ url } = await startAsAdministrator());
    cookie = "";
    for (const { operationId, requestBody } of operations)
      if (api.listUnseenAnswers(({ responses }) => "401" in responses).includes(`${operationId} 401`))
        if (operationId !== "createFirstAdministrator")
          await checkAnswer(operationId, 401, {
            path: { name: "x", id: "x", seq: "1" },
            ...(requestBody !== undefined && { body: { name: "x", password: "x" } }),
          });
    await checkAnswer("getSession", 200, { headers: { cookie: `nightlight-${new URL(url).port}=old` } });
    await checkAnswer("logIn", 400, { body: {} });
    for (let n = 0; n < 4; n++) await checkAnswer("logIn", 401, { body: { name: "x", password: `${n}` } });
    await checkAnswer("logIn", 429, { body: { name: "x", password: "x" } });
    await checkAnswer("logOut", 204);
  });

  test("a server that cannot read its users gives the described answers", async () => {
    const running = await startAsAdministrator();
    ({ url, cookie } = running);
    await rm(usersFilePath(running.data));
    await mkdir(usersFilePath(running.data));
    await checkAnswer("listUsers", 503);
    await checkAnswer("addUser", 503, { body: { name: "bob", role: "reader" } });
    for (const operationId of ["getUser", "removeUser", "revokeTokens", "revokeToken"])
      await checkAnswer(operationId, 503, ann);
    for (const operationId of ["changePassword", "makeToken"])
      await checkAnswer(operationId, 503, { ...ann, body: {} });
    await checkAnswer("changeRole", 503, { ...ann, body: { role: "admin" } });
  });

  test("a server without accounts gives the described answers", async () => {
    const running = await startPeopleServer();
    cookie = "";
    ({ url } = running);
    await checkAnswer("getSession", 200);
    await checkAnswer("listUsers", 200);
    await checkAnswer("addUser", 409, { body: { name: "ann", role: "admin" } });
    const first = { name: "ann", password: PASSWORD };
    await checkAnswer("createFirstAdministrator", 400, { body: { name: "ann" } });
    await checkAnswer("createFirstAdministrator", 401, { body: { ...first, code: "wrong" } });
    const [code] = running.codes();
    await checkAnswer("createFirstAdministrator", 400, { body: { ...first, password: "ann", code } });
    await mkdir(usersFilePath(running.data));
    await checkAnswer("createFirstAdministrator", 503, { body: { ...first, code } });
    await rm(usersFilePath(running.data), { recursive: true });
    await checkAnswer("createFirstAdministrator", 201, { body: { ...first, code } });
    const another = await startPeopleServer();
    ({ url } = another);
    for (let n = 0; n < 5; n++)
      await checkAnswer("createFirstAdministrator", 401, { body: { ...first, code: `${n}` } });
    await checkAnswer("createFirstAdministrator", 429, { body: { ...first, code: "6" } });
  });

  test("a server on which accounts have no effect gives the described answers", async () => {
    ({ url } = await startPeopleServer({ anonymous: true }));
    await checkAnswer("listUsers", 409);
    await checkAnswer("getUser", 409, ann);
    await checkAnswer("addUser", 409, { body: { name: "ann", role: "admin" } });
    for (const operationId of ["removeUser", "revokeTokens", "revokeToken"]) await checkAnswer(operationId, 409, ann);
    for (const operationId of ["changePassword", "makeToken"])
      await checkAnswer(operationId, 409, { ...ann, body: {} });
    await checkAnswer("changeRole", 409, { ...ann, body: { role: "admin" } });
    await checkAnswer("createFirstAdministrator", 409, { body: { code: "x", name: "ann", password: PASSWORD } });
  });

  test("forbidden requests, oversized bodies and other media types get the described answers", async () => {
    ({ url } = await startPeopleServer());
    const path = { name: "x", id: "x" };
    for (const { operationId, requestBody, tags } of operations) {
      if (!tags.includes("accounts")) continue;
      await checkAnswer(operationId, 403, { path, headers: { host: "evil.example" } });
      if (!requestBody) continue;
      await checkAnswer(operationId, 413, { path, body: `"${"x".repeat(20_000)}"` });
      await checkAnswer(operationId, 415, { path, body: "<xml/>", headers: { "content-type": "text/xml" } });
    }
  });

  test("the tests cover every described answer about accounts", () => {
    expect(api.listUnseenAnswers(({ tags }) => tags.includes("accounts"))).toEqual([]);
  });
});
