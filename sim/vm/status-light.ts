/** Decodes the color of the board's status LED from Jacdac frames. */

/** Index of the Jacdac control service, which is 0 on every device. */
const CONTROL = 0;
/** Number of the command that sets the status LED. */
const SET_STATUS_LIGHT = 0x84;
/** Flag of a frame that is sent to a device instead of from a device. */
const COMMAND = 1;
/** Byte offsets in a frame: CRC, size, flags, device id, then packets of size, service index, command and data. */
const FLAGS = 3;
const DEVICE = 4;
const PACKETS = 12;

/** Red, green and blue, 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** Returns the color that a frame sets on the status LED of a device, or undefined for any other frame. */
export function statusLightOf(frame: Uint8Array, deviceId: string): Color | undefined {
  if (frame.length < PACKETS + 7 || !(frame[FLAGS] & COMMAND)) return undefined;
  if (Buffer.from(frame.subarray(DEVICE, PACKETS)).toString("hex") !== deviceId) return undefined;
  const command = frame[PACKETS + 2] | (frame[PACKETS + 3] << 8);
  if (frame[PACKETS + 1] !== CONTROL || command !== SET_STATUS_LIGHT) return undefined;
  const [red, green, blue] = frame.subarray(PACKETS + 4);
  return [red, green, blue];
}
