import type { Mode } from "./override.js";

/** A device as the API, the event stream and the dashboard show it. */
export interface DeviceView {
  readonly id: string;
  /** As the device reports in its status. A lesson device counts as online if it sent a message in the last 60 s. */
  readonly online: boolean;
  /** The newest reading, 0 to 1023, possibly from before a restart; null if there is none. */
  readonly light: number | null;
  /** Whether the lamp is on by the last command, or as a device that decides alone reports; null if unknown. */
  readonly led_on: boolean | null;
  /** Whether the lamp blinks because of an `identify` action. `led_on` ignores the blinking. */
  readonly blinking: boolean;
  /** Who decides: `device` while the board cannot reach the server. */
  readonly decided_by: "server" | "device";
  /** When the last message came, in ISO 8601; null if there was none. If `light` is from before a restart, its time. */
  readonly last_seen: string | null;
  /** When it went online or offline, in ISO 8601; null if that was before the server started. */
  readonly since: string | null;
  /** Readings of the current boot that never arrived; 0 for a lesson device. */
  readonly missing: number;
  /** Readings that the board reports as lost because its memory was full while it was offline. */
  readonly dropped: number;
  /** `auto`, or a person's override `on` or `off`. */
  readonly mode: Mode;
  /** When the override ends, in ISO 8601; null if it has no end or there is none. */
  readonly until: string | null;
  /** Why the lamp is on or off, in a sentence for people; null before the first decision. */
  readonly reason: string | null;
  /** The name for people; the id unless the policy contains a label. */
  readonly label: string;
  /** The zone that controls the lamp; null if the device's own light does. */
  readonly zone: string | null;
  /** The rule for the lamp, or that of its zone: on below `threshold`, off from `threshold + hysteresis`. */
  readonly threshold: number;
  readonly hysteresis: number;
  /** The longest silence of a board that works, in ms. Lesson devices do not follow it. */
  readonly heartbeat: number;
  /** The board and the firmware version that the device reports; missing for a lesson device. */
  readonly board?: string;
  readonly firmware?: string;
}
