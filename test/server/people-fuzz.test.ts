/** Compares random sequences of account changes over HTTP with a model, and sends random bodies and paths. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { changeUsers, readUsers, type StoredUser } from "../../server/src/security/users-file.js";
import { hashGeneratedPassword } from "../../server/src/security/scrypt.js";
import { IS_LONG_RUN, getTestSeed } from "../support/seed.js";
import { startAsAdministrator, type PeopleServer } from "./support/people.js";

const USER_NAMES = ["boss", "ann", "bob"] as const;
const ROLES = ["admin", "reader", "device"] as const;

type UserName = (typeof USER_NAMES)[number];
type AccountChange =
  | { readonly do: "add" | "role"; readonly name: UserName; readonly role: (typeof ROLES)[number] }
  | { readonly do: "remove" | "password" | "token" | "revoke" | "command-remove"; readonly name: UserName };

const name = fc.constantFrom(...USER_NAMES);
const change: fc.Arbitrary<AccountChange> = fc.oneof(
  fc.record({ do: fc.constantFrom("add" as const, "role" as const), name, role: fc.constantFrom(...ROLES) }),
  fc.record({
    do: fc.constantFrom(...(["remove", "password", "token", "revoke", "command-remove"] as const)),
    name: name,
  }),
);

/** A user of the model. */
interface ModelUser {
  role: (typeof ROLES)[number];
  tokens: number;
}

/** Applies a change to the model. Returns the expected status of the response. */
function applyToModel(model: Map<UserName, ModelUser>, { name, ...rest }: AccountChange): number {
  const user = model.get(name);
  const admins = [...model].filter(([, { role }]) => role === "admin").map(([one]) => one);
  const isLastAdmin = admins.length === 1 && admins[0] === name;
  if (rest.do === "add") {
    if (user) return 409;
    model.set(name, { role: rest.role, tokens: 0 });
    return 201;
  }
  if (!user) return 404;
  switch (rest.do) {
    case "role":
      if (isLastAdmin && rest.role !== "admin") return 409;
      Object.assign(user, { role: rest.role, ...(rest.role === "device" && { tokens: 0 }) });
      return 200;
    case "remove":
      if (isLastAdmin) return 409;
      model.delete(name);
      return 204;
    case "command-remove":
      model.delete(name);
      return 204;
    case "password":
      user.tokens = 0;
      return 200;
    case "token":
      if (user.role === "device") return 409;
      user.tokens++;
      return 201;
    case "revoke":
      user.tokens = 0;
      return 204;
  }
}

async function sendChange(running: PeopleServer, one: AccountChange): Promise<number> {
  const route = `/api/users/${one.name}`;
  const role = "role" in one && { role: one.role, ...(one.role === "device" && { device: `nightlight/${one.name}` }) };
  const requestStatus = async (method: string, path: string, body?: object): Promise<number> =>
    (await running.send(method, path, body)).status;
  switch (one.do) {
    case "add":
      return requestStatus("POST", "/api/users", { name: one.name, ...role });
    case "role":
      return requestStatus("PUT", route, { ...role });
    case "remove":
      return requestStatus("DELETE", route);
    case "password":
      return requestStatus("PUT", `${route}/password`, {});
    case "token":
      return requestStatus("POST", `${route}/tokens`, {});
    case "revoke":
      return requestStatus("DELETE", `${route}/tokens`);
    case "command-remove": {
      let found = false;
      await changeUsers(running.data, (users) => void (found = users.delete(one.name)));
      return found ? 204 : 404;
    }
  }
}

test("after any sequence of changes over HTTP and by commands, the users are those of a model", async () => {
  // A guest is an administrator who is not in the users file. All requests come from a guest, so they may change every user.
  const guests = [{ name: "guest", password: "a long generated password" }];
  const running = await startAsAdministrator({}, { guests });
  const headers = { authorization: `Basic ${Buffer.from("guest:a long generated password").toString("base64")}` };
  const asGuestSend: PeopleServer["send"] = (method, path, body) => running.send(method, path, body, headers);
  const asGuest = { ...running, send: asGuestSend };
  const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
    const boss: StoredUser = { role: "admin", password: hashGeneratedPassword("x"), tokens: [] };
    await changeUsers(running.data, (users) => {
      users.clear();
      users.set("boss", boss);
    });
    const model = new Map<UserName, ModelUser>([["boss", { role: "admin", tokens: 0 }]]);
    for (const one of changes) {
      expect(await sendChange(asGuest, one), JSON.stringify(one)).toBe(applyToModel(model, one));
      const stored = await readUsers(running.data);
      const found = [...stored].map(([user, { role, tokens }]) => [user, { role, tokens: tokens.length }]);
      expect(found).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
    }
  });
  await fc.assert(property, { numRuns: IS_LONG_RUN ? 2000 : 60, seed: getTestSeed() });
});

test("random bodies and paths are refused with a reason, and neither stop the server nor change other users", async () => {
  const running = await startAsAdministrator({ rob: "reader" });
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom("rob", "__proto__", "constructor"),
  );
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), text, fc.constantFrom("admin", "device", "nightlight/x"));
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { name: value, role: value, device: value, password: value, expires: value, code: value },
      { requiredKeys: [] },
    ),
  );
  const encoded = text.map((plain) => encodeURIComponent(plain));
  const route = fc.oneof(
    fc.constantFrom("/api/users", "/api/users/ghost/password", "/api/users/ghost/tokens", "/api/first-administrator"),
    encoded.map((part) => `/api/users/${part}x`),
    encoded.map((part) => `/api/users/ghost/tokens/${part}`),
    encoded.map((part) => `/api/login-sessions/${part}`),
  );
  const method = fc.constantFrom("POST", "PUT", "DELETE", "GET");
  const property = fc.asyncProperty(method, route, body, async (one, path, given) => {
    const answer = await running.as(one, path, one === "GET" ? undefined : given);
    expect([200, 201, 400, 404, 409, 415], `${one} ${path} ${answer.text}`).toContain(answer.status);
    if (answer.status >= 400) expect(answer.json).toEqual({ error: expect.stringMatching(/^["A-Z]/) });
    const users = await readUsers(running.data);
    expect(users.get("boss")?.role).toBe("admin");
    expect(users.get("rob")?.role).toBe("reader");
  });
  await fc.assert(property, { numRuns: IS_LONG_RUN ? 20_000 : 500, seed: getTestSeed() });
  expect((await running.as("GET", "/api/users")).status).toBe(200);
});
