/** Tests state stores with one suite for all drivers, and the coordination of several servers in Redis. */
import { ClassicLevel } from "classic-level";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createRedisHub } from "../../server/src/cluster/redis-hub.js";
import type { Hub } from "../../server/src/cluster/hub.js";
import { createLevelStateStore } from "../../server/src/storage/level-state.js";
import { joinRedis, createRedisState } from "../../server/src/cluster/redis.js";
import type { StateStore } from "../../server/src/storage/state.js";
import { eventually } from "../support/eventually.js";
import { isMissing, REDIS } from "../support/programs.js";
import { startRedis, type RedisServer } from "../support/redis.js";
import { createTemporaryFolder } from "./support/server.js";

/** A function that creates an empty place for state. It returns a function that opens a store in this place. */
type CreateStatePlace = () => Promise<() => Promise<StateStore>>;

function testStateStore(place: CreateStatePlace): void {
  test("a value is stored unchanged until it is deleted", async () => {
    const collection = (await (await place())()).collection("a");
    const value = { text: 'grün \n " ', list: [1, null, true, 0.25], none: {} };
    expect(await collection.get("x")).toBeUndefined();
    await collection.write([
      ["x", value],
      ["y/z", 7],
    ]);
    expect(await collection.get("x")).toEqual(value);
    expect(await collection.entries()).toEqual(
      new Map<string, unknown>([
        ["x", value],
        ["y/z", 7],
      ]),
    );
    await collection.write([["x", "another"]], ["y/z", "never there"]);
    expect(await collection.entries()).toEqual(new Map([["x", "another"]]));
    await collection.write([], ["x"]);
    await collection.write([]);
    expect(await collection.entries()).toEqual(new Map());
  });

  test("collections are independent, whatever their names", async () => {
    const state = await (await place())();
    const names = ["a", "a:b", "ab", "slot:1", "slot:11"];
    for (const name of names) await state.collection(name).write([["key", name]]);
    for (const name of names) expect(await state.collection(name).entries()).toEqual(new Map([["key", name]]));
  });

  test("several collections are written atomically", async () => {
    const state = await (await place())();
    await state.collection("b").write([["old", 1]]);
    await state.write([
      { collection: "a", puts: [["x", { n: 1 }], ["y", [2]]], deletes: [] }, // prettier-ignore
      { collection: "b", puts: [["x", false]], deletes: ["old", "never there"] },
      { collection: "c", puts: [["grün", "\n"], ["", ""]], deletes: [] }, // prettier-ignore
    ]);
    expect(await state.collection("a").entries()).toEqual(new Map<string, unknown>([["x", { n: 1 }], ["y", [2]]])); // prettier-ignore
    expect(await state.collection("b").entries()).toEqual(new Map([["x", false]]));
    expect(await state.collection("c").entries()).toEqual(new Map([["grün", "\n"], ["", ""]])); // prettier-ignore
    await state.write([]);
  });

  test("entries survive when the store is closed and reopened", async () => {
    const open = await place();
    const first = await open();
    const many = Array.from({ length: 2000 }, (_, n) => [`key ${n}`, { n }] as const);
    await first.collection("many").write(many);
    await first.close();
    expect(await (await open()).collection("many").entries()).toEqual(new Map(many));
  });
}

describe("embedded, in LevelDB", () => {
  testStateStore(async () => {
    const folder = await createTemporaryFolder();
    return async () => {
      const db = new ClassicLevel<string, string>(folder);
      await db.open();
      onTestFinished(() => db.close());
      return { ...createLevelStateStore(db), close: () => db.close() };
    };
  });
});

describe.skipIf(isMissing(REDIS, "Redis"))("in Redis", () => {
  let redis: RedisServer;
  let places = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.remove());

  async function connectRedis(namespace: string) {
    const joined = await joinRedis(redis.url, namespace);
    onTestFinished(() => joined.close());
    return joined;
  }

  testStateStore(async () => {
    const namespace = `test-${++places}`;
    return async () =>
      createRedisState(await connectRedis(namespace), (key, problem) => expect.fail(`${key}: ${problem}`));
  });

  test("an unreachable Redis causes an error sentence without the password", async () => {
    const joining = joinRedis("redis://me:secret@127.0.0.1:9", "x");
    await expect(joining).rejects.toThrow(/^Redis at 127\.0\.0\.1:9 cannot be joined \(.*ECONNREFUSED.*--state\.$/);
  });

  describe("the hub", () => {
    const START = "test-server-";
    /** Names of three servers in the format that the store accepts. */
    const [A, B, C] = [1, 2, 3].map((run) => `${START}0123456789ab-${run}`);

    async function openHub(
      namespace: string,
      me: string,
    ): Promise<Hub & { received: string[]; quit(): Promise<void> }> {
      const joined = await connectRedis(namespace);
      const one = createRedisHub(joined, {
        me,
        start: START,
        reportDamage: (key, problem) => expect.fail(`${key}: ${problem}`),
      });
      const received: string[] = [];
      await one.listen({ message: (bytes) => received.push(bytes.toString()), changed() {}, unsubscribed() {} });
      onTestFinished(() => one.close());
      return { ...one, received, quit: () => one.close() };
    }

    test("every server that joins or leaves starts a new epoch, which all members see", async () => {
      const namespace = `test-${++places}`;
      const [a, b] = [await openHub(namespace, A), await openHub(namespace, B)];
      const first = await a.renew(10_000, 0);
      expect(first).toMatchObject({ members: [A], joined: true });
      const second = await b.renew(10_000, 0);
      expect(second).toMatchObject({ members: [A, B], joined: true, allReleased: false });
      expect(second.epoch).toBeGreaterThan(first.epoch);
      expect(await a.renew(10_000, second.epoch)).toMatchObject({ joined: false, allReleased: false });
      expect(await b.renew(10_000, second.epoch)).toMatchObject({ epoch: second.epoch, allReleased: true });
      await b.leave();
      const third = await a.renew(10_000, second.epoch);
      expect(third).toMatchObject({ members: [A], allReleased: false });
      expect([...third.undrained.keys()]).toEqual([B]);
      await a.sessionDrained(B);
      expect((await a.renew(10_000, third.epoch)).undrained.size).toBe(0);
    });

    test("a server that disconnects is removed at once, and a server that hangs is removed when its lease expires", async () => {
      const namespace = `test-${++places}`;
      const [a, b, c] = [await openHub(namespace, A), await openHub(namespace, B), await openHub(namespace, C)];
      await b.renew(60_000, 0);
      await c.renew(50, 0);
      expect((await a.renew(60_000, 0)).members).toContain(B);
      await b.quit();
      await eventually(async () => (await a.renew(60_000, 0)).members.join() === A, { what: "both to be missed" });
      expect([...(await a.renew(60_000, 0)).undrained.keys()].sort()).toEqual([B, C]);
      // a server whose lease has expired is no longer a member, so its renewal joins the cluster again
      expect(await c.renew(60_000, 0)).toMatchObject({ members: [A, C], joined: true });
    });

    test("a message to another server arrives, and send returns false if nobody listens", async () => {
      const namespace = `test-${++places}`;
      const [a, b] = [await openHub(namespace, A), await openHub(namespace, B)];
      expect(await a.send(B, "hello")).toBe(true);
      await eventually(() => b.received.join() === "hello", { what: "the word" });
      expect(await a.send("nobody", "hello")).toBe(false);
    });
  });
});
