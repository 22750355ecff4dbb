/** The LED on the board itself, as the program sets it by the Jacdac control service: index 0 of every device. */
const CONTROL = 0;
const SET_STATUS_LIGHT = 0x84;
/** Flag of a frame that is sent to a device, not by it. */
const COMMAND = 1;
/** A frame: CRC, size, flags, device, then packets: size, service, command, data. */
const FLAGS = 3;
const DEVICE = 4;
const PACKETS = 12;

/** Red, green and blue, 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** The color that a frame sets on the device; undefined when it is about something else. */
export function statusLightOf(frame: Uint8Array, deviceId: string): Color | undefined {
  if (frame.length < PACKETS + 7 || !(frame[FLAGS] & COMMAND)) return undefined;
  if (Buffer.from(frame.subarray(DEVICE, PACKETS)).toString("hex") !== deviceId) return undefined;
  const command = frame[PACKETS + 2] | (frame[PACKETS + 3] << 8);
  if (frame[PACKETS + 1] !== CONTROL || command !== SET_STATUS_LIGHT) return undefined;
  const [red, green, blue] = frame.subarray(PACKETS + 4);
  return [red, green, blue];
}
