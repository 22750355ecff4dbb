/** Tests how slots, and with them devices and zones, are assigned to servers. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ZoneGroups, assignSlots, SLOT_COUNT, slotOf } from "../../server/src/cluster/ownership.js";
import { LESSON_RULE } from "../../contract/index.js";
import type { ZonePolicy } from "../../server/src/decisions/policy.js";

const createMembers = (count: number): string[] => Array.from({ length: count }, (_, n) => `nightlight-server-${n}-1`);

const createZone = (name: string, ...ids: string[]): ZonePolicy => ({
  name,
  sensors: ids.slice(0, 1),
  lamps: ids.slice(1),
  combine: "median",
  at_least: 1,
  rule: LESSON_RULE,
  stale_after: 1000,
});

test("all servers own about the same number of slots and devices", () => {
  for (const count of [2, 3, 5, 10]) {
    const owners = assignSlots(createMembers(count));
    const slotCounts = createMembers(count).map((member) => owners.filter((owner) => owner === member).length);
    expect(slotCounts.reduce((sum, slotCount) => sum + slotCount)).toBe(SLOT_COUNT);
    expect(Math.min(...slotCounts)).toBeGreaterThan((SLOT_COUNT / count) * 0.5);
    expect(Math.max(...slotCounts)).toBeLessThan((SLOT_COUNT / count) * 1.6);
    const devices = new Map<string, number>();
    for (let n = 0; n < 10_000; n++) {
      const owner = owners[slotOf(`nightlight/board-${n}`)];
      devices.set(owner, (devices.get(owner) ?? 0) + 1);
    }
    expect(Math.min(...devices.values())).toBeGreaterThan((10_000 / count) * 0.5);
  }
});

test("only the slots of a server that joins or leaves change their owner", () => {
  const [all, fewer] = [assignSlots(createMembers(5)), assignSlots(createMembers(4))];
  all.forEach((owner, slot) => {
    if (owner !== createMembers(5)[4]) expect(fewer[slot]).toBe(owner);
  });
  expect(assignSlots(createMembers(5).reverse())).toEqual(all);
  expect(assignSlots([])).toEqual([]);
});

test("devices that zones connect share a slot, whatever the order of the zones", () => {
  const zones = [
    createZone("hall", "a", "b"),
    createZone("yard", "c", "d"),
    createZone("stairs", "b", "e"),
    createZone("shed", "f", "f"),
  ];
  const groups = new ZoneGroups(zones, "nl");
  const slotsOf = (...ids: string[]): Set<number> => new Set(ids.map((id) => groups.slotOf(id)));
  expect(slotsOf("a", "b", "e", "nl/zones/hall", "nl/zones/stairs").size).toBe(1);
  expect(slotsOf("c", "d", "nl/zones/yard").size).toBe(1);
  expect(groups.slotOf("alone")).toBe(slotOf("alone"));
  fc.assert(
    fc.property(fc.shuffledSubarray(zones, { minLength: zones.length }), (shuffled) => {
      const otherGroups = new ZoneGroups(shuffled, "nl");
      expect(otherGroups.isEqualTo(groups)).toBe(true);
      for (const id of ["a", "b", "c", "d", "e", "f"]) expect(otherGroups.slotOf(id)).toBe(groups.slotOf(id));
    }),
  );
  expect(new ZoneGroups(zones.slice(1), "nl").isEqualTo(groups)).toBe(false);
});
