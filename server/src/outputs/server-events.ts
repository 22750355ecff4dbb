import type { Channel, LampCommand } from "../../../contract/index.js";
import type { DeviceView } from "../devices/devices.js";
import type { ZoneView } from "../decisions/zones/view.js";

/** Events of the server for programs that use it as a library, each with its arguments. */
export interface ServerEvents {
  /** A valid message has arrived. It takes effect after this event. */
  received: [id: string, channel: Channel, message: object];
  /** A lamp command was published. */
  sent: [id: string, message: LampCommand];
  /** A device appeared, changed or sent a reading. */
  device: [device: DeviceView];
  /** The state of a zone changed. The server emits this event at most four times a second for each zone. */
  zone: [zone: ZoneView];
  /** The list of zones changed, because the configuration was reloaded. */
  zones: [];
  /** A device was forgotten. */
  forgotten: [id: string];
}
