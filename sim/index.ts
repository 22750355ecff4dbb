/** The simulator: boards that run the bytecode of a real board in DeviceScript's own virtual machine. */
export { SimulatedBoard } from "./board.js";
export { type Firmware, loadFirmware } from "./firmware.js";
export { createConstantLight, createShortDay, type LightSource } from "./light.js";
export type { LogLevel } from "./log.js";
export { brokerSettingsOf, parseSettings, readSettings, type Settings, updateUrlFor } from "./settings.js";
export { type BoardDefaults, Simulator, type SimulatorEvents } from "./simulator.js";
export { readTrace } from "./trace.js";
export type { BoardNetwork } from "./network.js";
export type { BoardEvents, BoardOptions } from "./types.js";
export type { CutKind as CutHow } from "./vm/protocol.js";
