import type { Core } from "../app/core-parts.js";
import type { BrokerConnection } from "../transport/broker-connection.js";
import { remoteConnection } from "../transport/remote.js";
import { INBOUND, zoneId, type Scope } from "../transport/scope.js";
import { joinRedis, redisState } from "./redis.js";
import { clock } from "../time/monotonic-clock.js";
import { readWord } from "./checks/words.js";
import type { Cluster, ClusterOptions } from "./cluster-parts.js";
import { Damage } from "./damage.js";
import { isHanding, readHanding } from "./forwarding.js";
import { Inheritance } from "./orphaned-sessions.js";
import { Membership } from "./membership.js";
import { Links, shareOut, slotOf } from "./ownership.js";
import { KIND, Records, storedLamp } from "./device-records.js";
import { Peers } from "./peers.js";
import { redisHub } from "./redis-hub.js";
import { Router } from "./router.js";
import { rewrite } from "./rewrite.js";
import { SharedClock } from "./shared-clock.js";
import { sharedData } from "./shared-data.js";
import { readStock } from "./shard-loading.js";

/** How long the link to the broker may be down before others take over, in ms. */
const LINK_PATIENCE = 2000;

/** How long what a server that is gone has left at the broker is waited for before lamps are commanded anew, in ms. */
const INHERITED = 1200;

/** @throws StartError when the state cannot be had */
export async function joinCluster(options: ClusterOptions): Promise<Cluster> {
  const { broker, scope, prefix, folder, log } = options;
  const start = `${prefix.replaceAll("/", "-")}-server-`;
  const me = `${start}${folder.serverId}-${folder.run}`;
  const namespace = `nightlight:${prefix}`;
  const redis = await joinRedis(options.url, namespace);
  const damage = new Damage();
  const damaged = (where: string, problem: string): void => damage.report(where, problem);
  const damagedShelf = (shelf: string, problem: string): void => damaged(`${namespace}:${shelf}`, problem);
  const failed = (problem: string): void => log.error("state", `${redis.name}: ${problem}`);
  const state = redisState(redis, damaged);
  const hub = redisHub(redis, { me, start, damaged });
  const sharedClock = new SharedClock();
  const records = new Records(
    state,
    (device, point) => options.history.addReading(device, point),
    (problem) => failed(`readings could not be stored, which is tried again: ${problem}`),
    sharedClock,
  );
  const data = await sharedData(folder, { state, records, prefix, clock: sharedClock, damaged: damagedShelf });
  const channel = `${namespace}:to:${me}`;
  const filters = sharedFilters(scope, prefix);
  let links = new Links(options.policy.zones, prefix);
  let core: Core;
  let link: BrokerConnection;
  let lastUp = performance.now();
  /** When it had its parts the last time. */
  let begun = 0;
  /** All that take part. */
  let members: readonly string[] = [];
  /** Parts that this server has. */
  let held = new Set<number>();

  const partsOf = (owners: readonly string[]): Set<number> =>
    new Set(owners.flatMap((owner, slot) => (owner === me ? [slot] : [])));

  const membership = new Membership({
    hub,
    present() {
      if (link.connected) lastUp = performance.now();
      return performance.now() - lastUp < LINK_PATIENCE;
    },
    async prepare({ members }, { anew, lost }) {
      const owners = shareOut(members);
      router.prepare(owners, anew || lost);
      const next = partsOf(owners);
      if (lost) await restoreMemory();
      held = new Set(anew ? [] : [...held].filter((slot) => next.has(slot)));
      await core.custody.putDown((id) => held.has(links.slotOf(id)));
    },
    async begin(roll) {
      members = roll.members;
      peers.members(members);
      const owners = shareOut(members);
      const next = partsOf(owners);
      const gained = new Set([...next].filter((slot) => !held.has(slot)));
      const { devices, zones } = await readStock(gained, {
        state,
        links,
        prefix,
        clock: sharedClock,
        owns: scope.owns,
        damaged: damagedShelf,
      });
      held = next;
      core.custody.takeUp(devices, zones);
      router.begin(owners);
      router.recall();
      begun = performance.now();
      log.info("cluster", `${members.length} ${members.length === 1 ? "server takes" : "servers take"} part; this one has ${next.size} parts of ${owners.length}`, { members, devices: core.devices.size }); // prettier-ignore
    },
    looked({ gone }) {
      router.tick();
      if (!membership.settled) return;
      if (gone.size === 0 || performance.now() - begun > INHERITED) core.custody.answer();
      for (const [member, time] of gone)
        if (router.ownsSlot(slotOf(member))) inheritance.take(member, sharedClock.fromWall(time));
    },
    timed: (time, asked) => sharedClock.learn(time, asked),
    async left() {
      held = new Set();
      router.prepare([], true);
      await core.custody.putDown(() => false);
      log.warn("cluster", "This server takes part no longer: others decide until it hears the devices again.");
    },
    failed,
  });

  const router = new Router({
    me,
    slotOf: (id) => links.slotOf(id),
    valid: () => membership.valid,
    take: (topic, payload, retained, arrival) => core.ingest(topic, payload, retained, arrival),
    send: (to, bytes) => hub.send(to, bytes),
    clock: sharedClock,
    unheard: () => membership.look(),
  });

  const inheritance = new Inheritance({
    broker,
    filters,
    markerOf: (member) => `${prefix}/servers/${member}/emptied`,
    message: (topic, payload, goneAt) =>
      router.route(topic, payload, false, { now: clock.now(), live: false, before: goneAt }),
    async emptied(member, messages) {
      await hub.emptied(member);
      log.info("cluster", `Took in ${messages} messages that waited for ${member}, which is gone`, {
        member,
        messages,
      });
    },
    failed,
  });

  const peers = new Peers({
    me,
    others: () => members.filter((member) => member !== me),
    send: (to, text) => hub.send(to, text),
    failed: (problem) => log.error("cluster", problem),
  });

  /** Anything whatever: everybody may publish who may do so in Redis. */
  function told(bytes: Buffer): void {
    if (isHanding(bytes)) {
      const handing = readHanding(bytes, start, sharedClock);
      if (handing) router.told(handing);
      else damaged(channel, "it is not whole, or not as servers hand messages on");
      return;
    }
    const { word, problem } = readWord(bytes, start);
    if (word) peers.told(word);
    else damaged(channel, problem);
  }

  async function restoreMemory(): Promise<void> {
    log.warn(
      "cluster",
      `${redis.name} has lost its memory or started again; this server stores there again what it knows.`,
    );
    const devices = await rewrite({ core, records, data, prefix, clock: sharedClock });
    await options.lost();
    log.info("cluster", `${devices} devices and their zones are stored in ${redis.name} again`, { devices });
  }

  return {
    me,
    peers,
    ownerOf: (id) => router.ownerOf(id),
    data,
    share: {
      journal: records,
      clock: sharedClock,
      owns: (id) => router.owns(id),
      valid: () => membership.valid,
      switched({ policy: { name }, lamp }) {
        void records.put(zoneId(prefix, name), KIND.zone + name, lamp && storedLamp(lamp, sharedClock));
      },
      taken: options.taken,
      released: options.released,
    },
    message: (topic, payload, retained) =>
      router.route(topic, payload, retained, { now: clock.now(), live: !core.catchingUp }),
    link(to, topics, handlers) {
      // before the link starts: messages come as soon as the broker has heard of the subscriptions
      core = to;
      damage.reportTo(core.rejects);
      link = remoteConnection(
        { broker, prefix, clientId: me, filters: [...filters, ...topics], optional: topics, unwanted: [] },
        handlers,
      );
      return link;
    },
    start: () => membership.start(told),
    damaged,
    problem: () => (membership.settled ? "" : "It is being settled which server decides about which devices."),
    apply(policy) {
      const next = new Links(policy.zones, prefix);
      if (next.sameAs(links)) return;
      links = next;
      membership.anew();
    },
    async close() {
      await inheritance.close();
      await membership.close();
      router.close();
      await hub.close();
      await redis.close();
    },
  };
}

/**
 * Of what devices and apps say to the server, each message goes to one of the servers, whichever the broker chooses; what
 * a device says of itself goes to all, because only so the broker tells what it keeps [MQTT-4.8.2, 4.8.2.2].
 */
function sharedFilters({ filters }: Scope, prefix: string): string[] {
  const group = prefix.replaceAll("/", "-");
  return filters.map((filter) => (filter.endsWith(STATUS) ? filter : `$share/${group}/${filter}`));
}

const STATUS = `/${INBOUND[1]}`;
