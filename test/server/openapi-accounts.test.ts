/** Compares the answers about accounts with the OpenAPI document. */
import { mkdir, rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { usersFilePath } from "../../server/src/security/users-file.js";
import type { Answer } from "./support/api.js";
import { DescribedApi, operations, type DescribedRequest } from "./support/described-api.js";
import { administrator, PASSWORD, peopleServer } from "./support/people.js";

describe("the server's answers about accounts match the document", () => {
  const api = new DescribedApi();
  let url = "";
  let cookie = "";

  const check = (operationId: string, status: number, request: DescribedRequest = {}): Promise<Answer> =>
    api.check(url, operationId, status, { ...request, headers: { ...(cookie && { cookie }), ...request.headers } });

  const ann = { path: { name: "ann", id: "none" } };
  const nobody = { path: { name: "nobody", id: "none" } };

  test("an administrator gets the described answers", async () => {
    ({ url, cookie } = await administrator({ porch: { device: "nightlight/porch" } }));
    await check("getSession", 200);
    await check("addUser", 201, { body: { name: "ann", role: "reader", password: PASSWORD } });
    await check("addUser", 201, { body: { name: "attic", role: "device", device: "nightlight/attic" } });
    await check("addUser", 400, { body: { name: "bob", role: "boss" } });
    await check("addUser", 409, { body: { name: "ann", role: "reader" } });
    const { id } = (await check("makeToken", 201, { ...ann, body: { expires: "9d" } })).body as { id: string };
    await check("makeToken", 201, { ...ann, body: {} });
    await check("makeToken", 400, { ...ann, body: { expires: "soon" } });
    await check("makeToken", 404, { ...nobody, body: {} });
    await check("makeToken", 409, { path: { name: "porch" }, body: {} });
    await check("listUsers", 200);
    await check("getUser", 200, ann);
    await check("getUser", 404, nobody);
    await check("revokeToken", 204, { path: { name: "ann", id } });
    await check("revokeToken", 404, ann);
    await check("revokeTokens", 204, ann);
    await check("revokeTokens", 404, nobody);
    await check("changeRole", 200, { ...ann, body: { role: "admin" } });
    await check("changeRole", 400, { ...ann, body: { role: "device" } });
    await check("changeRole", 404, { ...nobody, body: { role: "admin" } });
    await check("changePassword", 200, { ...ann, body: {} });
    await check("changePassword", 200, { ...ann, body: { password: PASSWORD } });
    await check("changePassword", 400, { ...ann, body: { password: "ann" } });
    await check("changePassword", 404, { ...nobody, body: {} });
    // without the cookie of the administrator, because a login ends the session that the browser had before
    await check("logIn", 200, { body: { name: "ann", password: PASSWORD }, headers: { cookie: "" } });
    const sessions = (await check("listLoginSessions", 200)).body as { id: string; current: boolean }[];
    const other = sessions.find(({ current }) => !current)!.id;
    await check("endLoginSession", 204, { path: { id: other } });
    await check("endLoginSession", 404, { path: { id: other } });
    await check("removeUser", 204, ann);
    await check("removeUser", 404, ann);
    await check("removeUser", 409, { path: { name: "boss" } });
    await check("changeRole", 409, { path: { name: "boss" }, body: { role: "reader" } });
    await check("createFirstAdministrator", 409, { body: { code: "x", name: "eve", password: PASSWORD } });
  });

  test("requests without an account, and too many of them, get the described answers", async () => {
    ({ url } = await administrator());
    cookie = "";
    for (const { operationId, requestBody } of operations)
      if (api.unseen(({ responses }) => "401" in responses).includes(`${operationId} 401`))
        if (operationId !== "createFirstAdministrator")
          await check(operationId, 401, {
            path: { name: "x", id: "x", seq: "1" },
            ...(requestBody !== undefined && { body: { name: "x", password: "x" } }),
          });
    await check("getSession", 200, { headers: { cookie: `nightlight-${new URL(url).port}=old` } });
    await check("logIn", 400, { body: {} });
    for (let n = 0; n < 4; n++) await check("logIn", 401, { body: { name: "x", password: `${n}` } });
    await check("logIn", 429, { body: { name: "x", password: "x" } });
    await check("logOut", 204);
  });

  test("a server that cannot read its users gives the described answers", async () => {
    const running = await administrator();
    ({ url, cookie } = running);
    await rm(usersFilePath(running.data));
    await mkdir(usersFilePath(running.data));
    await check("listUsers", 503);
    await check("addUser", 503, { body: { name: "bob", role: "reader" } });
    for (const operationId of ["getUser", "removeUser", "revokeTokens", "revokeToken"])
      await check(operationId, 503, ann);
    for (const operationId of ["changePassword", "makeToken"]) await check(operationId, 503, { ...ann, body: {} });
    await check("changeRole", 503, { ...ann, body: { role: "admin" } });
  });

  test("a server without accounts gives the described answers", async () => {
    const running = await peopleServer();
    cookie = "";
    ({ url } = running);
    await check("getSession", 200);
    await check("listUsers", 200);
    await check("addUser", 409, { body: { name: "ann", role: "admin" } });
    const first = { name: "ann", password: PASSWORD };
    await check("createFirstAdministrator", 400, { body: { name: "ann" } });
    await check("createFirstAdministrator", 401, { body: { ...first, code: "wrong" } });
    const [code] = running.codes();
    await check("createFirstAdministrator", 400, { body: { ...first, password: "ann", code } });
    await mkdir(usersFilePath(running.data));
    await check("createFirstAdministrator", 503, { body: { ...first, code } });
    await rm(usersFilePath(running.data), { recursive: true });
    await check("createFirstAdministrator", 201, { body: { ...first, code } });
    const another = await peopleServer();
    ({ url } = another);
    for (let n = 0; n < 5; n++) await check("createFirstAdministrator", 401, { body: { ...first, code: `${n}` } });
    await check("createFirstAdministrator", 429, { body: { ...first, code: "6" } });
  });

  test("a server on which accounts have no effect gives the described answers", async () => {
    ({ url } = await peopleServer({ anonymous: true }));
    await check("listUsers", 409);
    await check("getUser", 409, ann);
    await check("addUser", 409, { body: { name: "ann", role: "admin" } });
    for (const operationId of ["removeUser", "revokeTokens", "revokeToken"]) await check(operationId, 409, ann);
    for (const operationId of ["changePassword", "makeToken"]) await check(operationId, 409, { ...ann, body: {} });
    await check("changeRole", 409, { ...ann, body: { role: "admin" } });
    await check("createFirstAdministrator", 409, { body: { code: "x", name: "ann", password: PASSWORD } });
  });

  test("forbidden requests, oversized bodies and other media types get the described answers", async () => {
    ({ url } = await peopleServer());
    const path = { name: "x", id: "x" };
    for (const { operationId, requestBody, tags } of operations) {
      if (!tags.includes("accounts")) continue;
      await check(operationId, 403, { path, headers: { host: "evil.example" } });
      if (!requestBody) continue;
      await check(operationId, 413, { path, body: `"${"x".repeat(20_000)}"` });
      await check(operationId, 415, { path, body: "<xml/>", headers: { "content-type": "text/xml" } });
    }
  });

  test("the tests cover every described answer about accounts", () => {
    expect(api.unseen(({ tags }) => tags.includes("accounts"))).toEqual([]);
  });
});
