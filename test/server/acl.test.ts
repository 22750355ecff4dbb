/** Tests the permissions at the broker, compared with a second implementation of the rules in docs/reference/security.md. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FULL_ACCESS, permissionsOf } from "../../server/src/security/acl.js";
import type { Account } from "../../server/src/security/accounts.js";

/** Returns whether a topic matches a filter. Implements MQTT 3.1.1, section 4.7 literally. */
function topicMatchesFilter(filter: string, topic: string): boolean {
  // a filter that starts with a wildcard does not match topics that start with $ [MQTT-4.7.2-1]
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const pattern = filter
    .split("/")
    .map((level) => (level === "+" ? "[^/]*" : level === "#" ? ".*" : level.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  // [MQTT-4.7.1-2]: "a/#" also matches "a"
  const text = pattern.join("/").replace(/\/\.\*$/, "(/.*)?");
  return new RegExp(`^${text}$`, "s").test(topic);
}

const level = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("nightlight", "porch", "shed", "house", "", "a.b", "$SYS") },
  fc.string({ maxLength: 4 }).map((text) => text.replace(/[/+#]/g, "")),
);
const channel = fc.constantFrom("telemetry", "commands", "replies", "status", "config", "set", "decision", "other");
const id = fc
  .array(level, { minLength: 1, maxLength: 3 })
  .map((levels) => levels.join("/"))
  .filter((text) => /^[\x21-\x7e]+$/.test(text) && !/^[$]/.test(text));
const topic = fc.oneof(
  fc.tuple(fc.oneof(id, level), channel).map(([before, last]) => `${before}/${last}`),
  fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/")),
);
const filter = fc.oneof(
  topic,
  fc
    .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 4 }), fc.constantFrom("#", "+", "commands"))
    .map(([levels, last]) => [...levels, last].join("/")),
);
const device = id.map((device): Account => ({ name: "board", role: "device", device }));

/** Returns filters for the topics that a device may read, as in the table of docs/reference/security.md. */
function readableFiltersOf({ device: id }: Account): string[] {
  const prefix = id!.includes("/") ? id!.replace(/\/[^/]*$/, "") : "";
  const own = ["commands", "config", "set", "decision"].map((channel) => `${id}/${channel}`);
  return [...own, `${prefix || "nightlight"}/status`];
}

describe("a device's user", () => {
  test("a device's user publishes on the telemetry, status and replies of its device, and nowhere else", () => {
    fc.assert(
      fc.property(device, topic, (account, topic) => {
        const allowed = ["telemetry", "status", "replies"].some((channel) => topic === `${account.device}/${channel}`);
        expect(permissionsOf(account, "homeassistant").mayPublish(topic)).toBe(allowed);
      }),
      { numRuns: 2000 },
    );
  });

  test("a device's user can publish on its own topics", () => {
    fc.assert(
      fc.property(device, (account) => {
        for (const channel of ["telemetry", "status", "replies"])
          expect(permissionsOf(account, "homeassistant").mayPublish(`${account.device}/${channel}`)).toBe(true);
        for (const filter of readableFiltersOf(account))
          expect(permissionsOf(account, "homeassistant").maySubscribe(filter)).toBe(true);
      }),
    );
  });

  test("a device's user can only subscribe to filters that match its own topics", () => {
    fc.assert(
      fc.property(device, filter, topic, (account, filter, topic) => {
        const rights = permissionsOf(account, "homeassistant");
        if (!rights.maySubscribe(filter) || !topicMatchesFilter(filter, topic)) return;
        expect(readableFiltersOf(account)).toContain(topic);
      }),
      { numRuns: 5000 },
    );
  });

  test("a device's user receives only messages of its own topics, whichever subscription matches", () => {
    fc.assert(
      fc.property(device, topic, (account, topic) => {
        expect(permissionsOf(account, "homeassistant").mayRead(topic)).toBe(readableFiltersOf(account).includes(topic));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(["#", "+", "+/#", "nightlight/porch/#", "nightlight/+/commands", "nightlight/porch/+"])(
    "a device's user cannot subscribe to the wildcard %s",
    (filter) => {
      expect(
        permissionsOf({ name: "porch", role: "device", device: "nightlight/porch" }, "homeassistant").maySubscribe(
          filter,
        ),
      ).toBe(false);
    },
  );
});

test("a reader reads all topics except those of the broker, and publishes nothing", () => {
  const rights = permissionsOf({ name: "eyes", role: "reader" }, "homeassistant");
  fc.assert(
    fc.property(topic, filter, (topic, filter) => {
      expect(rights.mayPublish(topic)).toBe(false);
      expect(rights.maySubscribe(filter)).toBe(!filter.startsWith("$"));
      expect(rights.mayRead(topic)).toBe(!topic.startsWith("$"));
    }),
  );
});

test("an administrator, and everybody if there are no accounts, may use all topics except those of the broker", () => {
  const rights = permissionsOf({ name: "boss", role: "admin" }, "homeassistant");
  fc.assert(
    fc.property(topic, filter, (topic, filter) => {
      for (const { mayPublish: publish, maySubscribe: subscribe, mayRead: read } of [rights, FULL_ACCESS]) {
        expect(publish(topic)).toBe(!topic.startsWith("$"));
        expect(subscribe(filter)).toBe(!filter.startsWith("$"));
        expect(read(topic)).toBe(!topic.startsWith("$"));
      }
    }),
  );
});

test("a device account without a device, which no valid file contains, cannot publish", () => {
  expect(permissionsOf({ name: "odd", role: "device" }, "homeassistant").mayPublish("odd/telemetry")).toBe(false);
});

test("Home Assistant receives everything, and publishes only overrides and its own status", () => {
  const rights = permissionsOf({ name: "homeassistant", role: "home-assistant" }, "ha");
  for (const topic of ["ha/device/x/config", "nightlight/porch/decision", "any/topic"])
    expect([rights.maySubscribe(topic), rights.mayRead(topic)]).toEqual([true, true]);
  for (const topic of ["ha/status", "nightlight/porch/set", "nightlight/zones/hall/set", "1f3b2a/set"])
    expect([topic, rights.mayPublish(topic)]).toEqual([topic, true]);
  for (const topic of [
    ...["homeassistant/status", "ha/device/x/config", "nightlight/status", "nightlight/porch/telemetry"],
    ...["nightlight/porch/commands", "nightlight/porch/config", "$SYS/set", "set", "/set", "nightlight/porch/set/x"],
  ])
    expect([topic, rights.mayPublish(topic)]).toEqual([topic, false]);
});
