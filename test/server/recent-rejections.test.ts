/** Tests the list of rejected messages that administrators see. */
import { describe, expect, test } from "vitest";
import { RecentRejections } from "../../server/src/observability/recent-rejections.js";

describe("the latest rejections", () => {
  test("the same rejection is counted, and the latest is the first", () => {
    const recent = new RecentRejections();
    const origin = { account: "ann", clientId: "a", topic: "t" };
    recent.add("not-allowed", "ann (a)", "may not publish on t", origin);
    recent.add("bad-login", "10.0.0.9", "the user name or the password is wrong", {});
    recent.add("not-allowed", "ann (a)", "may not publish on t", origin);
    expect(recent.list()).toMatchObject([
      { reason: "not-allowed", account: "ann", client_id: "a", topic: "t", count: 2 },
      { reason: "bad-login", account: null, client_id: null, topic: null, from: "10.0.0.9", count: 1 },
    ]);
  });

  test("a sender that floods the list replaces only its own entries", () => {
    const recent = new RecentRejections();
    recent.add("not-allowed", "ann (a)", "may not publish on t", { account: "ann", topic: "t" });
    for (let n = 0; n < 10_000; n++) recent.add("not-allowed", "bob", "no", { account: "bob", topic: `t/${n}` });
    const list = recent.list();
    expect(list.map(({ account }) => account)).toContain("ann");
    expect(list.length).toBe(21);
    expect(list[0].topic).toBe("t/9999");
  });

  test("an address that guesses passwords replaces only its own entries", () => {
    const recent = new RecentRejections();
    recent.add("bad-login", "10.0.0.7", "the password is wrong", { clientId: "porch" });
    for (let n = 0; n < 100; n++) recent.add("bad-login", "10.0.0.9", "the password is wrong", { clientId: `c${n}` });
    expect(recent.list().map(({ client_id }) => client_id)).toContain("porch");
    expect(recent.list().length).toBe(21);
  });

  test("without accounts, a client that floods the list replaces only its own entries", () => {
    const recent = new RecentRejections();
    recent.add("not-allowed", "porch", "may not publish on t", { clientId: "porch", topic: "t" });
    for (let n = 0; n < 100; n++) recent.add("not-allowed", "noisy", "no", { clientId: "noisy", topic: `t/${n}` });
    expect(recent.list().map(({ client_id }) => client_id)).toContain("porch");
    expect(recent.list().length).toBe(21);
  });

  test("a repeated rejection shows its latest problem", () => {
    const recent = new RecentRejections();
    for (const problem of ["first", "second"])
      recent.add("not-allowed", "ann", problem, { account: "ann", topic: "t" });
    expect(recent.list()).toMatchObject([{ problem: "second", count: 2 }]);
  });

  test("many senders and long texts use bounded memory", () => {
    const recent = new RecentRejections();
    for (let n = 0; n < 1000; n++)
      recent.add("not-allowed", `user${n}`, "p".repeat(70_000), { account: `user${n}`, topic: "t".repeat(65_535) });
    const list = recent.list();
    expect(list.length).toBe(200);
    expect(JSON.stringify(list).length).toBeLessThan(300_000);
  });
});
