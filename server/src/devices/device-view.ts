import type { Mode } from "./override.js";

/** A device as the API, the events and the dashboard show it. */
export interface DeviceView {
  readonly id: string;
  /** By its status; a lesson device, which has none, when it was heard in the last 60 s. */
  readonly online: boolean;
  /** The newest reading, also of before a restart, 0 to 1023; null when there is none. */
  readonly light: number | null;
  /** The lamp as it was last commanded, or as a device that decides for itself reported it, also before a restart; null when unknown. */
  readonly led_on: boolean | null;
  /** Whether the lamp blinks, because somebody asked where the board is; `led_on` is what it is apart from that. */
  readonly blinking: boolean;
  /** Who decides: `device` while it is on its own. */
  readonly decided_by: "server" | "device";
  /** When it was last heard, ISO 8601; when `light` is of before a restart, when that was measured; null when never. */
  readonly last_seen: string | null;
  /** Since when it is online or offline as it is, ISO 8601; null when that was before the server started. */
  readonly since: string | null;
  /** Readings of its present boot that never came, 0 for a lesson device: those on their way after a cut do not count. */
  readonly missing: number;
  /** Readings that it lost by its own account, because its memory was full while it was offline. */
  readonly dropped: number;
  /** `auto`, or a person's override. */
  readonly mode: Mode;
  /** When the override ends, ISO 8601; null when it lasts, or there is none. */
  readonly until: string | null;
  /** Why the lamp is as it is, in a sentence for people; null when nothing was decided. */
  readonly reason: string | null;
  /** For people; the id unless the configuration gives one. */
  readonly label: string;
  /** The zone that decides for its lamp; null when it decides for itself. */
  readonly zone: string | null;
  /** The rule for its lamp, its zone's if it is in one: on below `threshold`, off from `threshold + hysteresis` on. */
  readonly threshold: number;
  readonly hysteresis: number;
  /** The longest silence that is asked of it, in ms; a lesson device reports as it likes. */
  readonly heartbeat: number;
  /** The board and the firmware, as the device names them; not there for a lesson device. */
  readonly board?: string;
  readonly firmware?: string;
}
