import type { Mode } from "./override.js";
import type { DeviceUpdateView } from "./update-view.js";

/** A device as the API, the event stream and the dashboard show it. */
export interface DeviceView {
  readonly id: string;
  /**
   * Whether the device is online according to its status messages. A device without status messages counts as online if
   * it sent a message in the last 60 s.
   */
  readonly online: boolean;
  /** The newest light level, 0 to 1023, possibly from before a restart of the server; null if there is none. */
  readonly light: number | null;
  /**
   * Whether the lamp is on according to the last command, or according to a device that decides alone; null if unknown.
   */
  readonly led_on: boolean | null;
  /** Whether the lamp blinks because of an `identify` action. `led_on` ignores the blinking. */
  readonly blinking: boolean;
  /** Who decides about the lamp: `device` while the board cannot reach the server. */
  readonly decided_by: "server" | "device";
  /**
   * When the last message arrived, in ISO 8601; null if no message has arrived. If `light` is from before a restart of
   * the server, this is the time of that reading.
   */
  readonly last_seen: string | null;
  /** When the device went online or offline, in ISO 8601; null if this happened before the server started. */
  readonly since: string | null;
  /** Number of readings of the current boot that never arrived; 0 for a device without sequence numbers. */
  readonly missing: number;
  /** Number of readings that the board has lost because its memory was full while it was offline. */
  readonly dropped: number;
  /** The override that a person has set: `on` or `off`; `auto` if there is none. */
  readonly mode: Mode;
  /** When the override ends, in ISO 8601; null without an override, or if the override has no end. */
  readonly until: string | null;
  /** Why the lamp is on or off, in a sentence for people; null before the first decision. */
  readonly reason: string | null;
  /** The name for people; the id unless the policy contains a label. */
  readonly label: string;
  /** The zone that controls the lamp; null if no zone controls it. */
  readonly zone: string | null;
  /** The light level of the rule below which the lamp goes on. The lamp goes off from `threshold + hysteresis`. */
  readonly threshold: number;
  readonly hysteresis: number;
  /**
   * The longest time between two messages of a working board, in ms. Devices without status messages may be silent for
   * longer.
   */
  readonly heartbeat: number;
  /**
   * Whether the board has applied the present rule and reporting parameters; null if the device does not report which
   * ones it has applied.
   */
  readonly config_applied: boolean | null;
  /** The type of board that the device reports; missing if the device reports none. */
  readonly board?: string;
  /** The firmware version that the device reports; missing if the device reports none. */
  readonly firmware?: string;
  /** The program update of the device; missing if there was none and the server has no program for its type of board. */
  readonly update?: DeviceUpdateView;
}
