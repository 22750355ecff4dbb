/**
 * Loads the parts of the library jacdac-ts that flashing needs, with their types, which the package does not export. Works
 * in Node and in browsers, whose bundle then contains only these parts.
 */
// @ts-expect-error the package does not export its types
import { crc, DeviceScriptManagerCmd, DeviceScriptManagerReg, ERROR_NO_ACK, ERROR_TIMEOUT, EVENT, InPipeReader, JD_DEVICE_IDENTIFIER_BROADCAST_HIGH_MARK, JD_FRAME_FLAG_COMMAND, JD_FRAME_FLAG_IDENTIFIER_IS_SERVICE_CLASS, JD_FRAME_FLAG_LOOPBACK, JD_SERVICE_INDEX_BROADCAST, JD_SERVICE_INDEX_PIPE, JDBus, jdpack, jdunpack, Packet, PACKET_REPORT, PIPE_CLOSE_MASK, PIPE_COUNTER_MASK, PIPE_PORT_SHIFT, SettingsClient, SRV_DEVICE_SCRIPT_MANAGER, SRV_SETTINGS, SRV_USB_BRIDGE, SRV_WIFI, Transport, UsbBridgeCmd, UsbBridgeQByte, WifiAPFlags, WifiCmd, WifiEvent, WifiReg } from "jacdac-ts"; // prettier-ignore
import type * as Jacdac from "../node_modules/jacdac-ts/dist/types/src/jacdac.js";

const parts = { crc, DeviceScriptManagerCmd, DeviceScriptManagerReg, ERROR_NO_ACK, ERROR_TIMEOUT, EVENT, InPipeReader, JD_DEVICE_IDENTIFIER_BROADCAST_HIGH_MARK, JD_FRAME_FLAG_COMMAND, JD_FRAME_FLAG_IDENTIFIER_IS_SERVICE_CLASS, JD_FRAME_FLAG_LOOPBACK, JD_SERVICE_INDEX_BROADCAST, JD_SERVICE_INDEX_PIPE, JDBus, jdpack, jdunpack, Packet, PACKET_REPORT, PIPE_CLOSE_MASK, PIPE_COUNTER_MASK, PIPE_PORT_SHIFT, SettingsClient, SRV_DEVICE_SCRIPT_MANAGER, SRV_SETTINGS, SRV_USB_BRIDGE, SRV_WIFI, Transport, UsbBridgeCmd, UsbBridgeQByte, WifiAPFlags, WifiCmd, WifiEvent, WifiReg }; // prettier-ignore

export const jacdac = parts as Pick<typeof Jacdac, keyof typeof parts>;
export type { JDDevice, JDRegister, JDService, Packet } from "../node_modules/jacdac-ts/dist/types/src/jacdac.js";
