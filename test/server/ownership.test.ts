/** Which server decides about what. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ZoneGroups, assignSlots, SLOTS, slotOf } from "../../server/src/cluster/ownership.js";
import { LESSON_RULE } from "../../contract/index.js";
import type { ZonePolicy } from "../../server/src/decisions/policy.js";

const members = (count: number): string[] => Array.from({ length: count }, (_, n) => `nightlight-server-${n}-1`);

const zone = (name: string, ...ids: string[]): ZonePolicy => ({
  name,
  sensors: ids.slice(0, 1),
  lamps: ids.slice(1),
  combine: "median",
  at_least: 1,
  rule: LESSON_RULE,
  stale_after: 1000,
});

test("every server gets about as much, of parts and of devices", () => {
  for (const count of [2, 3, 5, 10]) {
    const owners = assignSlots(members(count));
    const parts = members(count).map((member) => owners.filter((owner) => owner === member).length);
    expect(parts.reduce((sum, part) => sum + part)).toBe(SLOTS);
    expect(Math.min(...parts)).toBeGreaterThan((SLOTS / count) * 0.5);
    expect(Math.max(...parts)).toBeLessThan((SLOTS / count) * 1.6);
    const devices = new Map<string, number>();
    for (let n = 0; n < 10_000; n++) {
      const owner = owners[slotOf(`nightlight/board-${n}`)];
      devices.set(owner, (devices.get(owner) ?? 0) + 1);
    }
    expect(Math.min(...devices.values())).toBeGreaterThan((10_000 / count) * 0.5);
  }
});

test("when a server comes or goes, only its own parts move", () => {
  const [all, fewer] = [assignSlots(members(5)), assignSlots(members(4))];
  all.forEach((owner, slot) => {
    if (owner !== members(5)[4]) expect(fewer[slot]).toBe(owner);
  });
  expect(assignSlots(members(5).reverse())).toEqual(all);
  expect(assignSlots([])).toEqual([]);
});

test("what zones link is of one part, in whatever order they are configured", () => {
  const zones = [zone("hall", "a", "b"), zone("yard", "c", "d"), zone("stairs", "b", "e"), zone("shed", "f", "f")];
  const links = new ZoneGroups(zones, "nl");
  const slots = (...ids: string[]): Set<number> => new Set(ids.map((id) => links.slotOf(id)));
  expect(slots("a", "b", "e", "nl/zones/hall", "nl/zones/stairs").size).toBe(1);
  expect(slots("c", "d", "nl/zones/yard").size).toBe(1);
  expect(links.slotOf("alone")).toBe(slotOf("alone"));
  fc.assert(
    fc.property(fc.shuffledSubarray(zones, { minLength: zones.length }), (shuffled) => {
      const others = new ZoneGroups(shuffled, "nl");
      expect(others.sameAs(links)).toBe(true);
      for (const id of ["a", "b", "c", "d", "e", "f"]) expect(others.slotOf(id)).toBe(links.slotOf(id));
    }),
  );
  expect(new ZoneGroups(zones.slice(1), "nl").sameAs(links)).toBe(false);
});
