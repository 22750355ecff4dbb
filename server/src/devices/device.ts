import { DEFAULT_CADENCE, LESSON_RULE, topicOf, type Rule, type Status } from "../../../contract/index.js";
import { Boots, type StoredBoot } from "./boots.js";
import type { Page } from "./device-numbers.js";
import { DeviceRow, type Shown } from "./device-row.js";
import type { DeviceView } from "./device-view.js";
import { Gaps } from "./gaps.js";
import { AUTO, type Override } from "./override.js";
import { clock } from "../time/monotonic-clock.js";
import { BOARD_SAYS, personSays, ruleSays } from "./reason.js";

/** What a lamp needs to know of its zone. */
export interface LampZone {
  readonly policy: { readonly name: string };
  readonly override: Override;
  readonly reason: string | null;
}

/** What the configuration has for a device: for most the same. */
export interface Configured {
  readonly label: string | undefined;
  /** The zone that decides for its lamp. */
  readonly zone: LampZone | undefined;
  /** By which its lamp is decided upon. */
  readonly rule: Rule;
  /** The longest silence that is asked of it, in ms. */
  readonly heartbeat: number;
}

const UNCONFIGURED: Configured = {
  label: undefined,
  zone: undefined,
  rule: LESSON_RULE,
  heartbeat: DEFAULT_CADENCE.heartbeat,
};

/** The command topics of so many devices are at hand: of all of them they would be a fifth of what a device takes. */
const BUSY = 1024;
const owners: string[] = [];
const topics: string[] = [];

/** All that the server knows of one device. */
export class Device extends DeviceRow {
  override: Override = AUTO;
  configured = UNCONFIGURED;
  /** What it says of itself; undefined for a lesson device. */
  status: Status | undefined;
  /** Its boots; undefined for a device that does not number its readings. */
  boots: Boots | undefined;
  /** Its readings that have not come; undefined as long as none is missing. */
  gaps: Gaps | undefined;

  /** @param number no two devices that are known have the same */
  constructor(
    readonly id: string,
    readonly number = 0,
    page?: Page,
    row?: number,
  ) {
    super(page, row);
  }

  get commandTopic(): string {
    const place = this.number % BUSY;
    if (owners[place] === this.id) return topics[place];
    owners[place] = this.id;
    return (topics[place] = topicOf(this.id, "commands"));
  }

  get label(): string | undefined {
    return this.configured.label;
  }

  get zone(): LampZone | undefined {
    return this.configured.zone;
  }

  get rule(): Rule {
    return this.configured.rule;
  }

  get heartbeat(): number {
    return this.configured.heartbeat;
  }

  /** Its boots, which begin when it numbers its first reading. */
  obtainBoots(): Boots {
    return (this.boots ??= new Boots(...this.bootNumbers));
  }

  restoreBoots(stored: readonly StoredBoot[]): void {
    this.obtainBoots().restore(stored);
  }

  /** So many of its latest boot's readings have not come. */
  missed(holes: number, now: number): void {
    // most miss none, ever
    if (holes > 0 || this.gaps) (this.gaps ??= new Gaps()).update(holes, now);
  }

  override part(): void {
    super.part();
    this.boots?.moveTo(...this.bootNumbers);
  }

  /** Why the lamp is as it is, in a sentence for people; null when nothing was decided. */
  get reason(): string | null {
    const { override, zone, lamp, light } = this;
    if (this.status?.decided_by === "device") return BOARD_SAYS;
    if (override.mode !== "auto") return personSays(override.mode, "the lamp");
    if (zone) return zone.reason && `zone ${zone.policy.name}: ${zone.reason}`;
    return lamp && light !== undefined ? ruleSays(this.rule, lamp, light) : null;
  }

  /** A person's override that was restored had switched the lamp before. */
  override get shown(): Shown {
    const { mode } = this.override;
    const shown = super.shown;
    return mode === "auto" || this.led_on !== undefined ? shown : { ...shown, led_on: mode === "on" };
  }

  view(): DeviceView {
    const { status, override } = this;
    const { light, led_on, time } = this.shown;
    // a light of an earlier run must not look like one of today
    const isOld = this.light === undefined && time !== undefined;
    const seen = isOld ? time : this.lastSeen && clock.toWall(this.lastSeen);
    return {
      id: this.id,
      online: this.online === true,
      light: light ?? null,
      led_on: led_on ?? null,
      blinking: this.blinking,
      decided_by: status?.decided_by ?? "server",
      last_seen: seen ? dateOf(seen) : null,
      since: this.since === undefined ? null : dateOf(clock.toWall(this.since)),
      missing: this.gaps?.missing ?? 0,
      dropped: status?.dropped ?? 0,
      mode: override.mode,
      until: override.until === undefined ? null : dateOf(clock.toWall(override.until)),
      reason: this.reason,
      label: this.label ?? this.id,
      zone: this.zone?.policy.name ?? null,
      threshold: this.rule.threshold,
      hysteresis: this.rule.hysteresis,
      heartbeat: this.heartbeat,
      ...(status?.board !== undefined && { board: status.board }),
      ...(status?.firmware !== undefined && { firmware: status.firmware }),
    };
  }
}

/** A time in ms since 1970 as people read it, in ISO 8601. */
const dateOf = (time: number): string => new Date(time).toISOString();
