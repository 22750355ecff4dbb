import type { BrokerConnection } from "../transport/broker-connection.js";
import { createRemoteConnection } from "../transport/remote.js";
import { INBOUND_CHANNELS, zoneIdOf, type Scope } from "../transport/scope.js";
import { joinRedis, createRedisState } from "./redis.js";
import { clock } from "../time/monotonic-clock.js";
import { readPeerMessage } from "./checks/peer-messages.js";
import type { Cluster, ClusterMember, ClusterOptions } from "./cluster-parts.js";
import { StateDamageLog } from "./state-damage.js";
import { isBatch, decodeBatch } from "./forwarding.js";
import { OrphanedSessions } from "./orphaned-sessions.js";
import { Membership } from "./membership.js";
import { ZoneGroups, assignSlots, slotOf } from "./ownership.js";
import { FIELD_PREFIX, DeviceRecords, toStoredLamp } from "./device-records.js";
import { Peers } from "./peers.js";
import { createRedisHub } from "./redis-hub.js";
import { Router } from "./router.js";
import { storeEverything } from "./store-everything.js";
import { SharedClock } from "./shared-clock.js";
import { Handover } from "./handover.js";
import { createSharedMemory } from "./shared-memory.js";
import { loadShards } from "./shard-loading.js";

/**
 * How long the connection to the broker may be lost, in ms. Then the server leaves the cluster, and other servers take
 * over its devices.
 */
const MAX_BROKER_OUTAGE_DURATION = 2000;

/**
 * How long a server waits after an epoch begins before it commands adopted devices, in ms. Meanwhile it drains the
 * sessions of failed servers, which may contain newer readings.
 */
const ORPHANED_SESSION_WAIT_TIME = 1200;

/** How long a server that stops waits for Redis, in ms. */
const STOP_TIMEOUT = 3000;

/** Joins the cluster. @throws StartError if Redis cannot be reached */
export async function joinCluster(options: ClusterOptions): Promise<Cluster> {
  const { broker, scope, prefix, folder, log } = options;
  const start = `${prefix.replaceAll("/", "-")}-server-`;
  const me = `${start}${folder.serverId}-${folder.run}`;
  const namespace = `nightlight:${prefix}`;
  const redis = await joinRedis(options.url, namespace);
  const damage = new StateDamageLog();
  const reportDamage = (where: string, problem: string): void => damage.report(where, problem);
  const reportDamagedCollection = (collection: string, problem: string): void =>
    reportDamage(`${namespace}:${collection}`, problem);
  const logFailure = (problem: string): void => log.error("state", `${redis.name}: ${problem}`);
  const state = createRedisState(redis, reportDamage);
  const hub = createRedisHub(redis, { me, start, reportDamage });
  const sharedClock = new SharedClock();
  const records = new DeviceRecords(
    state,
    (device, point) => options.history.addReading(device, point),
    (problem) => logFailure(`readings could not be stored, which is tried again: ${problem}`),
    sharedClock,
  );
  const memory = await createSharedMemory({
    state,
    records,
    prefix,
    clock: sharedClock,
    reportDamage: reportDamagedCollection,
  });
  const channel = `${namespace}:to:${me}`;
  const filters = sharedFilters(scope, prefix);
  let zoneGroups = new ZoneGroups(options.policy.zones, prefix);
  let self: ClusterMember;
  let handover: Handover;
  let link: BrokerConnection;
  let lastUp = performance.now();
  /** When the last epoch of this server began, by `performance.now()`. */
  let epochStart = 0;
  /** The names of all members of the cluster. */
  let members: readonly string[] = [];
  /** The slots that this server owns. */
  let ownedSlots = new Set<number>();

  const slotsOfThisServer = (owners: readonly string[]): Set<number> =>
    new Set(owners.flatMap((owner, slot) => (owner === me ? [slot] : [])));

  const membership = new Membership({
    hub,
    receivesDeviceMessages() {
      if (link.connected) lastUp = performance.now();
      return performance.now() - lastUp < MAX_BROKER_OUTAGE_DURATION;
    },
    async prepareEpoch({ members }, { releaseAll, dataLost }) {
      const owners = assignSlots(members);
      router.prepareEpoch(owners, releaseAll || dataLost);
      const next = slotsOfThisServer(owners);
      if (dataLost) await restoreMemory();
      ownedSlots = new Set(releaseAll ? [] : [...ownedSlots].filter((slot) => next.has(slot)));
      await handover.release((id) => ownedSlots.has(zoneGroups.slotOf(id)));
    },
    async beginEpoch(view) {
      members = view.members;
      peers.updateMembers(members);
      const owners = assignSlots(members);
      const next = slotsOfThisServer(owners);
      const gained = new Set([...next].filter((slot) => !ownedSlots.has(slot)));
      const { devices, zones } = await loadShards(gained, {
        state,
        zoneGroups,
        prefix,
        clock: sharedClock,
        isInScope: scope.includesDevice,
        reportDamage: reportDamagedCollection,
      });
      ownedSlots = next;
      handover.adopt(devices, zones);
      router.beginEpoch(owners);
      router.replayStatuses();
      epochStart = performance.now();
      log.info("cluster", `The cluster has ${members.length} ${members.length === 1 ? "server" : "servers"}; this one owns ${next.size} of ${owners.length} slots`, { members, devices: self.devices.size }); // prettier-ignore
    },
    leaseRenewed({ undrained }) {
      router.retryWaiting();
      if (!membership.isReady) return;
      if (undrained.size === 0 || performance.now() - epochStart > ORPHANED_SESSION_WAIT_TIME)
        handover.resendCommands();
      for (const [member, time] of undrained)
        if (router.ownsSlot(slotOf(member))) orphanedSessions.drain(member, sharedClock.fromWall(time));
    },
    redisTimeRead: (time, asked) => sharedClock.adjust(time, asked),
    async clusterLeft() {
      ownedSlots = new Set();
      router.prepareEpoch([], true);
      await handover.release(() => false);
      log.warn(
        "cluster",
        "This server has left the cluster. Other servers decide until it receives messages from devices again.",
      );
    },
    failed: logFailure,
  });

  const router = new Router({
    me,
    slotOf: (id) => zoneGroups.slotOf(id),
    isValid: () => membership.isValid,
    handle: (topic, payload, retained, delivery) => self.ingest.handleMessage(topic, payload, retained, delivery),
    send: (to, bytes) => hub.send(to, bytes),
    clock: sharedClock,
    unreachable: () => membership.renewSoon(),
  });

  const orphanedSessions = new OrphanedSessions({
    broker,
    filters,
    markerTopicOf: (member) => `${prefix}/servers/${member}/emptied`,
    message: (topic, payload, goneAt) =>
      router.route(topic, payload, false, { now: clock.now(), live: false, before: goneAt }),
    async sessionDrained(member, messages) {
      await hub.sessionDrained(member);
      log.info("cluster", `Took over ${messages} messages from ${member}, which has failed`, {
        member,
        messages,
      });
    },
    failed: logFailure,
  });

  const peers = new Peers({
    me,
    otherMembers: () => members.filter((member) => member !== me),
    send: (to, text) => hub.send(to, text),
    failed: (problem) => log.error("cluster", problem),
  });

  /** Handles a message from Redis. The bytes may be anything, because every client of Redis can publish. */
  function receive(bytes: Buffer): void {
    if (isBatch(bytes)) {
      const batch = decodeBatch(bytes, start, sharedClock);
      if (batch) router.receive(batch);
      else reportDamage(channel, "the batch is not complete, or no server writes such a batch");
      return;
    }
    const { message, problem } = readPeerMessage(bytes, start);
    if (message) peers.receive(message);
    else reportDamage(channel, problem);
  }

  async function restoreMemory(): Promise<void> {
    log.warn(
      "cluster",
      `${redis.name} has restarted or lost its data. This server stores its devices and zones there again.`,
    );
    const devices = await storeEverything({ member: self, records, memory, prefix, clock: sharedClock });
    await self.homeAssistant.storeTopicsAgain();
    log.info("cluster", `Stored ${devices} devices and their zones in ${redis.name} again`, { devices });
  }

  return {
    me,
    peers,
    ownerOf: (id) => router.ownerOf(id),
    memory,
    journal: records,
    ownership: {
      ownsZone: (name) => router.owns(zoneIdOf(prefix, name)),
      isValid: () => membership.isValid,
      storeZone({ policy: { name }, lamp }) {
        void records.put(zoneIdOf(prefix, name), FIELD_PREFIX.zone + name, lamp && toStoredLamp(lamp, sharedClock));
      },
    },
    message: (topic, payload, retained) =>
      router.route(topic, payload, retained, { now: clock.now(), live: !self.lamps.isCatchingUp }),
    connect(member, topics, handlers) {
      // Set these variables before connecting, because the handlers of the first messages need them.
      self = member;
      handover = new Handover({ member, journal: records, history: options.history, clock: sharedClock, prefix });
      damage.reportTo(member.rejects);
      link = createRemoteConnection(
        { broker, prefix, clientId: me, filters: [...filters, ...topics], optional: topics, unwanted: [] },
        handlers,
      );
      return link;
    },
    start: () => membership.start(receive),
    reportDamage,
    problem: () => (membership.isReady ? "" : "The servers are negotiating which one decides about which devices."),
    apply(policy) {
      const next = new ZoneGroups(policy.zones, prefix);
      if (next.isEqualTo(zoneGroups)) return;
      zoneGroups = next;
      membership.rebalance();
    },
    async close() {
      const giveUp = setTimeout(() => {
        log.warn(
          "cluster",
          `${redis.name} does not answer, so this server stops without it. Other servers take over its devices soon, and the broker delivers again what is not stored.`,
        );
        redis.redis.disconnect();
      }, STOP_TIMEOUT);
      try {
        await orphanedSessions.close();
        // Store everything before the server leaves, because other servers then adopt its devices.
        await records.close();
        await membership.close();
        router.close();
        await hub.close();
        await redis.close();
      } finally {
        clearTimeout(giveUp);
      }
    },
  };
}

/**
 * Returns the topic filters to which every member subscribes. With a shared subscription, the broker sends each message
 * to one server. Status messages go to all servers, because a shared subscription gets no retained messages
 * (MQTT 5.0, section 4.8.2).
 */
function sharedFilters({ filters }: Scope, prefix: string): string[] {
  const group = prefix.replaceAll("/", "-");
  return filters.map((filter) => (filter.endsWith(STATUS_SUFFIX) ? filter : `$share/${group}/${filter}`));
}

const STATUS_SUFFIX = `/${INBOUND_CHANNELS[1]}`;
