import type { Core } from "../core-parts.js";
import type { DataFolder } from "../data.js";
import type { Device } from "../devices.js";
import type { History } from "../history/history.js";
import type { LinkHandlers, MqttLink } from "../link/link.js";
import { remoteLink } from "../link/remote.js";
import { INBOUND, zoneId, type Scope } from "../link/scope.js";
import type { BrokerAddress } from "../link/url.js";
import type { Log } from "../log.js";
import type { Policy } from "../policy.js";
import type { Share } from "../share.js";
import { joinRedis, redisState } from "../state/redis.js";
import { clock } from "../time/monotonic-clock.js";
import { isHanding, readHanding } from "./handed.js";
import { Inheritance } from "./inheritance.js";
import { Membership } from "./membership.js";
import { Links, shareOut, slotOf } from "./ownership.js";
import { KIND, Records } from "./records.js";
import { Peers, type PeerWord } from "./peers.js";
import { redisHub } from "./redis-hub.js";
import { Router } from "./router.js";
import { SharedClock } from "./shared-clock.js";
import { sharedData } from "./shared-data.js";
import { readStock } from "./stock.js";

/** How long the link to the broker may be down before others take over, in ms. */
const LINK_PATIENCE = 2000;

/** How long what a server that is gone has left at the broker is waited for before lamps are commanded anew, in ms. */
const INHERITED = 1200;

export interface ClusterOptions {
  /** redis:// or rediss:// */
  readonly url: string;
  readonly broker: BrokerAddress;
  readonly scope: Scope;
  readonly prefix: string;
  readonly policy: Policy;
  readonly folder: DataFolder;
  readonly log: Log;
  readonly history: Pick<History, "addReading">;
  /** A device is this server's from now on, or is no more. */
  taken(device: Device): void;
  released(id: string): void;
}

/** Servers side by side at one broker: what the others do is not done here, and what they leave is. */
export interface Cluster {
  /** Remembers devices and zones where all servers find them. */
  readonly data: DataFolder;
  /** This server's part. */
  readonly share: Share;
  /** Takes a message from the broker: it is for this server or for another. */
  message: LinkHandlers["message"];
  /** The link, which shares the devices' messages with other servers, and by which `core` hears its own of them. */
  link(core: Core, topics: readonly string[], handlers: LinkHandlers): MqttLink;
  /** Takes part from now on. */
  start(): Promise<void>;
  /** This server, as others call it. */
  readonly me: string;
  readonly peers: Peers;
  /** Which server decides about a device or a zone; undefined while that is not settled. */
  ownerOf(id: string): string | undefined;
  /** Why this server should not be sent requests yet; "" when it should. */
  problem(): string;
  /** From now on zones link other devices. */
  apply(policy: Policy): void;
  close(): Promise<void>;
}

/** @throws StartError when the state cannot be had */
export async function joinCluster(options: ClusterOptions): Promise<Cluster> {
  const { broker, scope, prefix, folder, log } = options;
  const me = `${prefix.replaceAll("/", "-")}-server-${folder.serverId}-${folder.run}`;
  const redis = await joinRedis(options.url, `nightlight:${prefix}`);
  const failed = (problem: string): void => log.error("state", `${redis.name}: ${problem}`);
  const state = redisState(redis);
  const hub = redisHub(redis, me);
  const sharedClock = new SharedClock();
  const records = new Records(
    state,
    (device, point) => options.history.addReading(device, point),
    (problem) => failed(`readings could not be stored, which is tried again: ${problem}`),
    sharedClock,
  );
  const data = await sharedData(folder, state, records, prefix, sharedClock);
  const filters = sharedFilters(scope, prefix);
  let links = new Links(options.policy.zones, prefix);
  let core: Core;
  let link: MqttLink;
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
    async prepare({ members }, anew) {
      const owners = shareOut(members);
      router.prepare(owners, anew);
      const next = partsOf(owners);
      held = new Set(anew ? [] : [...held].filter((slot) => next.has(slot)));
      await core.custody.putDown((id) => held.has(links.slotOf(id)));
    },
    async begin(roll) {
      members = roll.members;
      peers.members(members);
      const owners = shareOut(members);
      const next = partsOf(owners);
      const gained = new Set([...next].filter((slot) => !held.has(slot)));
      const { devices, zones } = await readStock(state, gained, links, prefix, sharedClock);
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
  });

  function told(word: Buffer): void {
    if (!isHanding(word)) return peers.told(JSON.parse(word.toString()) as PeerWord);
    const handing = readHanding(word, sharedClock);
    if (handing) router.told(handing);
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
        void records.put(
          zoneId(prefix, name),
          KIND.zone + name,
          lamp && { ...lamp, since: sharedClock.toWall(lamp.since) },
        );
      },
      taken: options.taken,
      released: options.released,
    },
    message: (topic, payload, retained) =>
      router.route(topic, payload, retained, { now: clock.now(), live: !core.catchingUp }),
    link(to, topics, handlers) {
      // before the link starts: messages come as soon as the broker has heard of the subscriptions
      core = to;
      link = remoteLink(
        { broker, prefix, clientId: me, filters: [...filters, ...topics], optional: topics, unwanted: [] },
        handlers,
      );
      return link;
    },
    start: () => membership.start(told),
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
