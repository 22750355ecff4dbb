/**
 * A module for Node's `--import` that replaces the three fixed ports of DeviceScript's tools by those in
 * `NIGHTLIGHT_DEVTOOLS_PORTS`, separated by commas. Tests can then run while VS Code is open.
 */
import net from "node:net";
import process from "node:process";

const FIXED_PORTS = [8081, 8082, 8083];
const replacements = process.env.NIGHTLIGHT_DEVTOOLS_PORTS.split(",").map(Number);
const replacePort = (port) => replacements[FIXED_PORTS.indexOf(Number(port))] ?? port;

/** Replaces the port in the arguments of `listen` or `connect`: a port number, options with a port, or Node's internal array. */
function replacePortArgument([first, ...rest]) {
  if (Array.isArray(first))
    return [Object.assign([...first], { 0: replacePortArgument(first)[0] }, copySymbols(first)), ...rest];
  if (typeof first === "object" && first?.port) return [{ ...first, port: replacePort(first.port) }, ...rest];
  return [replacePort(first), ...rest];
}

/** Copies the symbols with which Node marks normalized arguments. */
const copySymbols = (array) => Object.fromEntries(Object.getOwnPropertySymbols(array).map((key) => [key, array[key]]));

for (const [prototype, name] of [
  [net.Server.prototype, "listen"],
  [net.Socket.prototype, "connect"],
]) {
  const original = prototype[name];
  prototype[name] = function (...args) {
    return original.apply(this, replacePortArgument(args));
  };
}

if (process.argv.includes("devtools")) {
  // While DeviceScript's tools compile, they receive no frames; after 3 s without frames, a timer declares the simulator lost and
  // a deploy fails. Delaying timers by 20 ms lets the tools first receive the frames that arrived during the compilation.
  const { setInterval, setTimeout } = globalThis;
  globalThis.setInterval = (run, ms, ...args) => setInterval(() => setTimeout(run, 20, ...args), ms);
}
