import type { BrokerConnection } from "../transport/broker-connection.js";
import { remoteConnection } from "../transport/remote.js";
import { INBOUND, zoneId, type Scope } from "../transport/scope.js";
import { joinRedis, redisState } from "./redis.js";
import { clock } from "../time/monotonic-clock.js";
import { readPeerMessage } from "./checks/peer-messages.js";
import type { Cluster, ClusterMember, ClusterOptions } from "./cluster-parts.js";
import { StateDamage } from "./state-damage.js";
import { isBatch, decodeBatch } from "./forwarding.js";
import { OrphanedSessions } from "./orphaned-sessions.js";
import { Membership } from "./membership.js";
import { ZoneGroups, assignSlots, slotOf } from "./ownership.js";
import { PREFIX, DeviceRecords, storedLamp } from "./device-records.js";
import { Peers } from "./peers.js";
import { redisHub } from "./redis-hub.js";
import { Router } from "./router.js";
import { storeEverything } from "./store-everything.js";
import { SharedClock } from "./shared-clock.js";
import { Handover } from "./handover.js";
import { sharedMemory } from "./shared-memory.js";
import { loadShards } from "./shard-loading.js";

/** How long the connection to the broker may be lost before other servers take over, in ms. */
const LINK_PATIENCE = 2000;

/**
 * How long to delay commands for adopted devices, in ms. Meanwhile the server drains the sessions of failed servers,
 * which may contain newer readings.
 */
const ORPHANED_PATIENCE = 1200;

/** Joins the cluster. @throws StartError if Redis cannot be reached */
export async function joinCluster(options: ClusterOptions): Promise<Cluster> {
  const { broker, scope, prefix, folder, log } = options;
  const start = `${prefix.replaceAll("/", "-")}-server-`;
  const me = `${start}${folder.serverId}-${folder.run}`;
  const namespace = `nightlight:${prefix}`;
  const redis = await joinRedis(options.url, namespace);
  const damage = new StateDamage();
  const damaged = (where: string, problem: string): void => damage.report(where, problem);
  const damagedShelf = (shelf: string, problem: string): void => damaged(`${namespace}:${shelf}`, problem);
  const failed = (problem: string): void => log.error("state", `${redis.name}: ${problem}`);
  const state = redisState(redis, damaged);
  const hub = redisHub(redis, { me, start, damaged });
  const sharedClock = new SharedClock();
  const records = new DeviceRecords(
    state,
    (device, point) => options.history.addReading(device, point),
    (problem) => failed(`readings could not be stored, which is tried again: ${problem}`),
    sharedClock,
  );
  const memory = await sharedMemory({ state, records, prefix, clock: sharedClock, damaged: damagedShelf });
  const channel = `${namespace}:to:${me}`;
  const filters = sharedFilters(scope, prefix);
  let links = new ZoneGroups(options.policy.zones, prefix);
  let self: ClusterMember;
  let handover: Handover;
  let link: BrokerConnection;
  let lastUp = performance.now();
  /** When the last epoch began, by `performance.now()`. */
  let begun = 0;
  /** The names of all members of the cluster. */
  let members: readonly string[] = [];
  /** The slots that this server owns. */
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
      const owners = assignSlots(members);
      router.prepare(owners, anew || lost);
      const next = partsOf(owners);
      if (lost) await restoreMemory();
      held = new Set(anew ? [] : [...held].filter((slot) => next.has(slot)));
      await handover.release((id) => held.has(links.slotOf(id)));
    },
    async begin(view) {
      members = view.members;
      peers.members(members);
      const owners = assignSlots(members);
      const next = partsOf(owners);
      const gained = new Set([...next].filter((slot) => !held.has(slot)));
      const { devices, zones } = await loadShards(gained, {
        state,
        links,
        prefix,
        clock: sharedClock,
        owns: scope.owns,
        damaged: damagedShelf,
      });
      held = next;
      handover.adopt(devices, zones);
      router.begin(owners);
      router.replayStatuses();
      begun = performance.now();
      log.info("cluster", `The cluster has ${members.length} ${members.length === 1 ? "server" : "servers"}; this one owns ${next.size} of ${owners.length} slots`, { members, devices: self.devices.size }); // prettier-ignore
    },
    renewed({ gone }) {
      router.tick();
      if (!membership.settled) return;
      if (gone.size === 0 || performance.now() - begun > ORPHANED_PATIENCE) handover.answer();
      for (const [member, time] of gone)
        if (router.ownsSlot(slotOf(member))) orphanedSessions.drain(member, sharedClock.fromWall(time));
    },
    timed: (time, asked) => sharedClock.learn(time, asked),
    async left() {
      held = new Set();
      router.prepare([], true);
      await handover.release(() => false);
      log.warn(
        "cluster",
        "This server has left the cluster. Other servers decide until it receives messages from devices again.",
      );
    },
    failed,
  });

  const router = new Router({
    me,
    slotOf: (id) => links.slotOf(id),
    valid: () => membership.valid,
    take: (topic, payload, retained, delivery) => self.ingest.take(topic, payload, retained, delivery),
    send: (to, bytes) => hub.send(to, bytes),
    clock: sharedClock,
    unreachable: () => membership.renewSoon(),
  });

  const orphanedSessions = new OrphanedSessions({
    broker,
    filters,
    markerOf: (member) => `${prefix}/servers/${member}/emptied`,
    message: (topic, payload, goneAt) =>
      router.route(topic, payload, false, { now: clock.now(), live: false, before: goneAt }),
    async emptied(member, messages) {
      await hub.emptied(member);
      log.info("cluster", `Took over ${messages} messages from ${member}, which has failed`, {
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

  /** Handles a message from Redis. The bytes may be anything, because every client of Redis can publish. */
  function receive(bytes: Buffer): void {
    if (isBatch(bytes)) {
      const handing = decodeBatch(bytes, start, sharedClock);
      if (handing) router.receive(handing);
      else damaged(channel, "the batch is not complete, or no server writes such a batch");
      return;
    }
    const { message, problem } = readPeerMessage(bytes, start);
    if (message) peers.receive(message);
    else damaged(channel, problem);
  }

  async function restoreMemory(): Promise<void> {
    log.warn(
      "cluster",
      `${redis.name} has restarted or lost its data. This server stores its devices and zones there again.`,
    );
    const devices = await storeEverything({ member: self, records, memory, prefix, clock: sharedClock });
    await self.homeAssistant.storeAgain();
    log.info("cluster", `Stored ${devices} devices and their zones in ${redis.name} again`, { devices });
  }

  return {
    me,
    peers,
    ownerOf: (id) => router.ownerOf(id),
    memory,
    journal: records,
    ownership: {
      ownsZone: (name) => router.owns(zoneId(prefix, name)),
      valid: () => membership.valid,
      storeZone({ policy: { name }, lamp }) {
        void records.put(zoneId(prefix, name), PREFIX.zone + name, lamp && storedLamp(lamp, sharedClock));
      },
    },
    message: (topic, payload, retained) =>
      router.route(topic, payload, retained, { now: clock.now(), live: !self.lamps.catchingUp }),
    connect(member, topics, handlers) {
      // Set these variables before connecting, because messages arrive right after the subscription.
      self = member;
      handover = new Handover({ member, journal: records, history: options.history, clock: sharedClock, prefix });
      damage.reportTo(member.rejects);
      link = remoteConnection(
        { broker, prefix, clientId: me, filters: [...filters, ...topics], optional: topics, unwanted: [] },
        handlers,
      );
      return link;
    },
    start: () => membership.start(receive),
    damaged,
    problem: () => (membership.settled ? "" : "The servers are negotiating which one decides about which devices."),
    apply(policy) {
      const next = new ZoneGroups(policy.zones, prefix);
      if (next.sameAs(links)) return;
      links = next;
      membership.rebalance();
    },
    async close() {
      await orphanedSessions.close();
      await membership.close();
      router.close();
      await hub.close();
      await redis.close();
    },
  };
}

/**
 * Returns the topic filters of a member. With a shared subscription, the broker sends each message to only one server.
 * Status messages go to all servers, because shared subscriptions get no retained messages [MQTT-4.8.2.2].
 */
function sharedFilters({ filters }: Scope, prefix: string): string[] {
  const group = prefix.replaceAll("/", "-");
  return filters.map((filter) => (filter.endsWith(STATUS) ? filter : `$share/${group}/${filter}`));
}

const STATUS = `/${INBOUND[1]}`;
