/** A server's part among several: what it does when it is told of others, without them. */
import { expect, onTestFinished, test } from "vitest";
import type { Hub, MembershipView } from "../../server/src/cluster/hub.js";
import { Membership } from "../../server/src/cluster/membership.js";
import { eventually } from "../support/eventually.js";

test("a server that was taken off decides nothing until it has put down what it knew", async () => {
  let roll: MembershipView = {
    epoch: 1,
    members: ["me"],
    joined: true,
    allReleased: false,
    memory: "one",
    undrained: new Map(),
  };
  const hub: Hub = {
    listen: async () => {},
    async renew() {
      const now = roll;
      roll = { ...roll, joined: false };
      return now;
    },
    bumpEpoch: async () => {},
    leave: async () => {},
    sessionDrained: async () => {},
    send: async () => true,
    close: async () => {},
  };
  const steps: string[] = [];
  /** Whether it decided when it was renewed. */
  const valid: boolean[] = [];
  let finish: (() => void) | undefined;
  const membership = new Membership({
    hub,
    present: () => true,
    async prepare(_roll, { releaseAll }) {
      steps.push(`prepare ${releaseAll}`);
    },
    async begin({ epoch }) {
      steps.push(`begin ${epoch}`);
      if (epoch === 1) await new Promise<void>((resolve) => (finish = resolve));
    },
    renewed: () => valid.push(membership.valid),
    async left() {},
    failed: (problem) => steps.push(problem),
  });
  onTestFinished(() => membership.close());
  await membership.start(() => {});
  expect(membership.valid).toBe(false);
  await eventually(() => steps.includes("prepare true"), { what: "it to prepare" });
  roll = { ...roll, allReleased: true };
  await eventually(() => finish !== undefined, { what: "it to begin" });
  // it is taken off, and comes again, while it still takes up
  roll = { ...roll, epoch: 3, joined: true, allReleased: false };
  membership.renewSoon();
  const renewed = valid.length;
  await eventually(() => valid.length > renewed, { what: "it to look" });
  expect(membership.valid).toBe(false);
  finish?.();
  await eventually(() => steps.filter((step) => step === "prepare true").length === 2, { what: "it to prepare anew" });
  await eventually(() => membership.valid, { what: "it to hold" });
});
