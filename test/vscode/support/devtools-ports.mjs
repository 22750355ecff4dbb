/**
 * A module for `--import` that gives DeviceScript's tools, and whoever looks for them, other ports than the three that are
 * fixed in them: `NIGHTLIGHT_DEVTOOLS_PORTS`, with commas. So a test runs beside a VS Code that is open here.
 */
import net from "node:net";
import process from "node:process";

const FIXED = [8081, 8082, 8083];
const given = process.env.NIGHTLIGHT_DEVTOOLS_PORTS.split(",").map(Number);
const other = (port) => given[FIXED.indexOf(Number(port))] ?? port;

/** Arguments as `listen` and `connect` take them: a port first, or an object, or Node's own array of both. */
function changed([first, ...rest]) {
  if (Array.isArray(first)) return [Object.assign([...first], { 0: changed(first)[0] }, symbolsOf(first)), ...rest];
  if (typeof first === "object" && first?.port) return [{ ...first, port: other(first.port) }, ...rest];
  return [other(first), ...rest];
}

/** Node marks arguments that it has looked through by a symbol. */
const symbolsOf = (array) => Object.fromEntries(Object.getOwnPropertySymbols(array).map((key) => [key, array[key]]));

for (const [prototype, name] of [
  [net.Server.prototype, "listen"],
  [net.Socket.prototype, "connect"],
]) {
  const original = prototype[name];
  prototype[name] = function (...args) {
    return original.apply(this, changed(args));
  };
}

if (process.argv.includes("devtools")) {
  // The tools hear nothing while they compile, and after 3 s of that take the simulator for gone: a deploy fails, until one
  // is quick enough. On a slow computer they get the time to hear what came meanwhile before they judge.
  const { setInterval, setTimeout } = globalThis;
  globalThis.setInterval = (run, ms, ...args) => setInterval(() => setTimeout(run, 20, ...args), ms);
}
