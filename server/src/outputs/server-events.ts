import type { Channel, LampCommand } from "../../../contract/index.js";
import type { DeviceView } from "../devices/devices.js";
import type { ZoneView } from "../decisions/zones/view.js";

/** What the server tells whoever listens. */
export interface ServerEvents {
  /** A message was understood, and is about to take effect. */
  received: [id: string, channel: Channel, message: object];
  /** A lamp's command was published. */
  sent: [id: string, message: LampCommand];
  /** A device appeared, changed or reported. */
  device: [device: DeviceView];
  /** A zone has something new to show; a few times a second at most. */
  zone: [zone: ZoneView];
  /** The zones are others: the configuration was read again. */
  zones: [];
  /** A device is not known any more. */
  forgotten: [id: string];
}
