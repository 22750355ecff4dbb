/**
 * A module for Node's `--import` that replaces the three fixed ports of DeviceScript's tools by those in
 * `NIGHTLIGHT_DEVTOOLS_PORTS`, separated by commas. Tests can then run while VS Code is open.
 */
import net from "node:net";
import process from "node:process";

const FIXED = [8081, 8082, 8083];
const replacements = process.env.NIGHTLIGHT_DEVTOOLS_PORTS.split(",").map(Number);
const other = (port) => replacements[FIXED.indexOf(Number(port))] ?? port;

/** Replaces the port in the arguments of `listen` or `connect`: a number, an object, or Node's internal array of both. */
function withOtherPort([first, ...rest]) {
  if (Array.isArray(first))
    return [Object.assign([...first], { 0: withOtherPort(first)[0] }, symbolsOf(first)), ...rest];
  if (typeof first === "object" && first?.port) return [{ ...first, port: other(first.port) }, ...rest];
  return [other(first), ...rest];
}

/** Copies the symbols with which Node marks normalized arguments. */
const symbolsOf = (array) => Object.fromEntries(Object.getOwnPropertySymbols(array).map((key) => [key, array[key]]));

for (const [prototype, name] of [
  [net.Server.prototype, "listen"],
  [net.Socket.prototype, "connect"],
]) {
  const original = prototype[name];
  prototype[name] = function (...args) {
    return original.apply(this, withOtherPort(args));
  };
}

if (process.argv.includes("devtools")) {
  // While the tools compile, they cannot receive frames. After 3 s they would consider the simulator lost, and a deploy would
  // fail. Delaying their timers by 20 ms lets them receive the waiting frames first, which matters on slow computers.
  const { setInterval, setTimeout } = globalThis;
  globalThis.setInterval = (run, ms, ...args) => setInterval(() => setTimeout(run, 20, ...args), ms);
}
