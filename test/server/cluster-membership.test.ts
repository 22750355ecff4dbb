/** Tests a server's membership in the cluster, with a fake of the hub that connects the servers. */
import { expect, onTestFinished, test } from "vitest";
import type { Hub, MembershipView } from "../../server/src/cluster/hub.js";
import { Membership } from "../../server/src/cluster/membership.js";
import { eventually } from "../support/eventually.js";

test("a server that was removed from the cluster makes no decisions until it has released its devices and joined again", async () => {
  let view: MembershipView = {
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
      const now = view;
      view = { ...view, joined: false };
      return now;
    },
    bumpEpoch: async () => {},
    leave: async () => {},
    sessionDrained: async () => {},
    send: async () => true,
    close: async () => {},
  };
  const steps: string[] = [];
  /** Whether the server was allowed to decide, recorded at each renewal of its lease. */
  const valid: boolean[] = [];
  let finish: (() => void) | undefined;
  const membership = new Membership({
    hub,
    receivesDeviceMessages: () => true,
    async prepareEpoch(_roll, { releaseAll }) {
      steps.push(`prepare ${releaseAll}`);
    },
    async beginEpoch({ epoch }) {
      steps.push(`begin ${epoch}`);
      if (epoch === 1) await new Promise<void>((resolve) => (finish = resolve));
    },
    leaseRenewed: () => valid.push(membership.isValid),
    async clusterLeft() {},
    failed: (problem) => steps.push(problem),
  });
  onTestFinished(() => membership.close());
  await membership.start(() => {});
  expect(membership.isValid).toBe(false);
  await eventually(() => steps.includes("prepare true"), { what: "the preparation" });
  view = { ...view, allReleased: true };
  await eventually(() => finish !== undefined, { what: "begin to be called" });
  // the server is removed from the cluster and rejoins before it has finished taking over devices
  view = { ...view, epoch: 3, joined: true, allReleased: false };
  membership.renewSoon();
  const renewed = valid.length;
  await eventually(() => valid.length > renewed, { what: "the renewal" });
  expect(membership.isValid).toBe(false);
  finish?.();
  await eventually(() => steps.filter((step) => step === "prepare true").length === 2, {
    what: "the second preparation",
  });
  await eventually(() => membership.isValid, { what: "the membership to be valid" });
});
