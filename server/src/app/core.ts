import { Actions } from "../outputs/actions.js";
import { watchWallClock } from "./clock-jumps.js";
import { startTicks } from "./ticks.js";
import { Announcer } from "../outputs/decision-publisher.js";
import { Blinking } from "../outputs/blinking.js";
import type { Core, CoreOptions } from "./core-parts.js";
import { custodyOf } from "../cluster/handover.js";
import { Configurations } from "../decisions/device-settings.js";
import { newCounters } from "../observability/counters.js";
import { Decisions } from "../decisions/decisions.js";
import { DeviceConfigs } from "../outputs/board-config.js";
import { logChange, switchOf } from "../outputs/changes.js";
import { Devices, type Device } from "../devices/devices.js";
import { recallFrom } from "../devices/last-known.js";
import { directoryOf } from "../devices/directory.js";
import { createIngest } from "../ingest/ingest.js";
import { Journal } from "../ingest/journal/journal.js";
import { zoneId } from "../transport/scope.js";
import { Recent } from "../history/recent.js";
import { RejectionLog } from "../observability/rejection-log.js";
import type { ReadingsJournal } from "../ingest/share.js";
import { storingFor } from "../outputs/storing.js";
import { clock } from "../time/monotonic-clock.js";
import { toldZones } from "../decisions/zones/told.js";
import { wishesOf } from "../outputs/device-commands.js";

/** What the server knows and decides: the parts, put together. */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { log, emitter, data, history } = options;
  const configurations = new Configurations(options.policy);
  const zonesBelow = zoneId(options.prefix, "");
  const counters = newCounters();
  const rejects = new RejectionLog(counters, log);
  const recent = new Recent();
  const { share } = options;
  const { stored, notStored } = storingFor(log);
  const own = new Journal({
    folder: data.journal,
    store: data.journalBefore,
    recent,
    health: data.health,
    // not before: killed in between, the server would get the reading again, and have it twice
    stored: (device, point) => history.addReading(device, point),
    needed: () => history.stats.waiting,
    failed: (problem) => log.error("server", `Old files in ${data.journal} could not be deleted: ${problem}`),
    closed: !data.killed,
    damaged: data.damaged.report,
  });
  const journal: ReadingsJournal = share?.journal ?? own;
  const announcer = new Announcer((topic, payload) => options.publish(topic, payload, "retained"));
  let announcing = false;

  function tell(device: Device): void {
    options.changed(device);
    if (emitter.listenerCount("device") > 0) emitter.emit("device", device.view());
  }

  function configure(device: Device): void {
    device.configured = configurations.of(device.id, zones.of(device.id)?.lampOf);
  }

  const devices = new Devices((device, change) => {
    if (change === "switched") announcer.switched(device);
    if (change === "mode") announcer.wished(device);
    if (change === "switched" || change === "status") journal.touch?.(device);
    if (!announcing) return;
    if (change === "appeared" || change === "status") options.described(device);
    if (change === "switched") history.addSwitch(device, switchOf(device));
    logChange(log, device, change);
    // a reading follows at once where a device appears or a lamp is switched by one, and tells of all of it
    if (change !== "appeared") tell(device);
  }, configure);

  const { zones, shown } = toldZones({
    log,
    find: (id) => devices.get(id),
    owns: (name) => share?.owns(zonesBelow + name) ?? true,
    switched(zone) {
      share?.switched(zone);
      decisions.zone(zone, clock.now());
    },
    show: (zone) => emitter.emit("zone", zone.view(clock.now())),
    ended: ({ policy: { name }, override }) =>
      void stored(`zone ${name}`, "override", data.setZoneOverride(name, override)),
  });

  const decisions = new Decisions({
    devices,
    zones,
    command(device, command, payload) {
      if (share && !share.valid()) return;
      // the lamp is not to be stored with each reading that leaves it as it is
      options.publish(device.commandTopic, payload, device.commanded === command.led_on ? "again" : "retained");
      device.commanded = command.led_on;
      counters.sent++;
      log.sent(device.id, command);
      emitter.emit("sent", device.id, command);
    },
    ended(device) {
      devices.changed(device, "mode");
      void stored(device.id, "override", data.setOverride(device.id, device.override));
    },
  });

  const configs = new DeviceConfigs((topic, payload) => options.publish(topic, payload, "retained"));
  const actions = new Actions({
    store: (id, stored) => data.setActions(id, stored),
    inTime: (storing) => data.health.storedOrThrow(storing, "The action was not sent, because it cannot be stored."),
    publish: (device, payload) => options.publish(device.commandTopic, payload, "once"),
    sent: ({ id }, { action, seq }) => log.info("action", `Asking ${id} for ${action}`, { id, action, seq }),
    expired: (device, seq) => configs.tell(device, seq),
    identifies: (device) => blinking.begin(device),
    failed: ({ id }, error) => notStored(id, "actions", error),
  });

  const blinking = new Blinking(devices, decisions);

  const wishes = wishesOf({
    ...options,
    forgotten: (id) => emitter.emit("forgotten", id),
    devices,
    zones,
    decisions,
    actions,
    recent,
    journal,
    announcer,
    configs,
    stored,
  });
  const { setMode, setZoneMode, forget } = wishes;

  const { ingest, close } = createIngest({
    devices,
    decisions,
    counters,
    rejects,
    owns: options.owns,
    presence: options.presence,
    received(id, channel, message) {
      log.received(id, channel, message);
      emitter.emit("received", id, channel, message);
    },
    isFull: () => !share && own.isFull,
    again(id, reading) {
      log.often("duplicate", () => `${id} had delivered that before`, { id, message: reading });
      return journal.stored;
    },
    read(device, reading, { arrival, taken }, now, live) {
      // of the past the board knows best
      const lamp = arrival === "newest" ? device.led_on : reading.led_on;
      const point = { time: taken, light: reading.light, led_on: lamp ?? null };
      recent.add(device.id, point);
      tell(device);
      return journal.add(device, reading, now, live, point);
    },
    announced(device) {
      blinking.told(device);
      configs.tell(device, actions.expired(device));
    },
    replied: (device, reply) => actions.reply(device, reply),
    setMode,
    zoneOf: (id) => (id.startsWith(zonesBelow) ? zones.get(id.slice(zonesBelow.length)) : undefined),
    setZoneMode,
    decided: options.decided,
  });
  const custody = custodyOf({
    devices,
    zones,
    decisions,
    actions,
    announcer,
    configs,
    recent,
    history,
    share,
    journal,
    prefix: options.prefix,
  });

  zones.apply(options.policy.zones);
  configs.reporting = options.policy.reporting;
  for (const [id, override] of data.overrides) {
    const device = devices.obtain(id);
    if (device) decisions.restore(device, override);
  }
  data.restoring();
  // acknowledged, and in the journal, but perhaps not yet in the history; what is there already stays there once
  if (!share) await own.restore(devices, data.killed ? (device, point) => history.addReading(device, point) : () => {});
  const unwatch = watchWallClock({ log, devices, zones, announcer, data, stored });
  const endTicks = startTicks(devices, zones, decisions);
  const recalling = new AbortController();

  return {
    ingest,
    counters,
    rejects,
    devices,
    zones,
    recent,
    actions,
    get unacknowledged() {
      return own.waiting;
    },
    setMode,
    setZoneMode,
    forget,
    custody,
    directory: directoryOf(devices, recent, setMode),
    apply(next) {
      configurations.apply(next);
      zones.apply(next.zones);
      configs.reporting = next.reporting;
      for (const device of devices) {
        configure(device);
        options.described(device);
      }
      for (const device of configs.told) configs.tell(device, actions.expired(device));
      const now = clock.now();
      zones.tick(now);
      for (const device of devices) decisions.review(device, now);
    },
    announce() {
      announcing = true;
      for (const device of devices) options.described(device);
      // with several servers, Redis has told
      const warned = (problem: string): void => log.warn("history", problem);
      if (!share) void recallFrom(history, devices, tell, warned, recalling.signal);
    },
    begin() {
      decisions.catchingUp = true;
      for (const [id, stored] of data.actions) {
        const device = devices.obtain(id);
        if (device) actions.restore(device, stored);
      }
      for (const [name, override] of data.zoneOverrides) {
        const zone = zones.get(name);
        if (zone) zones.restore(zone, override, clock.now());
      }
    },
    linkedAgain() {
      decisions.catchingUp = true;
      for (const device of configs.startOver()) configs.tell(device, actions.expired(device));
      announcer.again(devices);
    },
    get catchingUp() {
      return decisions.catchingUp;
    },
    caughtUp() {
      decisions.catchingUp = false;
    },
    async close() {
      close();
      recalling.abort();
      endTicks();
      unwatch();
      decisions.close();
      blinking.close();
      announcer.close();
      shown.flush();
      await data.health.waitUnlessFailing(actions.close());
      await journal.close();
    },
  };
}
