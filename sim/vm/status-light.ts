/** Tracks the board's status LED from the Jacdac frames that set its color. */

/** Service index of the Jacdac control service. It is 0 on every device. */
const CONTROL_SERVICE = 0;
/** Number of the control service's command that sets the status LED. */
const SET_STATUS_LIGHT = 0x84;
/** Flag that marks a frame as a command, which is sent to a device. Frames without this flag come from a device. */
const COMMAND_FLAG = 1;
/**
 * Offset of the flags in a Jacdac frame, in bytes. A frame consists of CRC (2 bytes), size (1), flags (1), device id
 * (8) and packets.
 */
const FLAGS_OFFSET = 3;
/** Offset of the device id in a Jacdac frame, in bytes. */
const DEVICE_ID_OFFSET = 4;
/** Offset of the first packet in a Jacdac frame, in bytes. */
const PACKETS_OFFSET = 12;

/** Color of an LED: red, green and blue, 0 to 255 each. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * What the LED shows: a color that the program set, or the runtime's own pattern. The simulator does not reproduce that
 * pattern.
 */
export type StatusLight = Color | "runtime";

/**
 * Time after which the runtime replaces the program's color with its own pattern, in ms. The source is
 * jd_status_light.c in jacdac-c: 2 << 20 µs.
 */
const COLOR_TIMEOUT = 2097;

/** Tracks what the status LED of one board shows. */
export class StatusLightTracker {
  #shown: StatusLight | undefined;
  /** Time at which the program last set a color, in ms of the board's clock. */
  #setAt = 0;

  /** @param onchange called when the LED changes, not when the program sets the same color again */
  constructor(
    private readonly deviceId: string,
    private readonly onchange: (shown: StatusLight) => void,
  ) {}

  /** Processes a frame from the board. Must be called for every frame, because it also checks `COLOR_TIMEOUT`. */
  handleFrame(frame: Uint8Array, now: number): void {
    const color = parseStatusLight(frame, this.deviceId);
    if (color) {
      this.#setAt = now;
      this.#show(color);
    } else if (now - this.#setAt > COLOR_TIMEOUT) this.#show("runtime");
  }

  #show(shown: StatusLight): void {
    if (String(shown) === String(this.#shown)) return;
    this.#shown = shown;
    this.onchange(shown);
  }
}

/** Returns the color that a frame sets on the status LED of a device, or undefined for any other frame. */
export function parseStatusLight(frame: Uint8Array, deviceId: string): Color | undefined {
  if (frame.length < PACKETS_OFFSET + 7 || !(frame[FLAGS_OFFSET] & COMMAND_FLAG)) return undefined;
  if (Buffer.from(frame.subarray(DEVICE_ID_OFFSET, PACKETS_OFFSET)).toString("hex") !== deviceId) return undefined;
  const command = frame[PACKETS_OFFSET + 2] | (frame[PACKETS_OFFSET + 3] << 8);
  if (frame[PACKETS_OFFSET + 1] !== CONTROL_SERVICE || command !== SET_STATUS_LIGHT) return undefined;
  const [red, green, blue] = frame.subarray(PACKETS_OFFSET + 4);
  return [red, green, blue];
}
