/** Describes the machine on which a benchmark runs. */
import { cpus, loadavg, totalmem } from "node:os";
import { MOSQUITTO_COMMAND, readMosquittoVersion } from "./loop/mosquitto.js";

/** Returns one line with date, CPU, memory, platform, versions and system load. */
export function describeMachine(): string {
  const [{ model }, ...more] = cpus();
  const broker = MOSQUITTO_COMMAND === undefined ? "no Mosquitto" : readMosquittoVersion();
  const load = loadavg()[0];
  return (
    `${new Date().toISOString().slice(0, 10)}, ${more.length + 1} × ${model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ` +
    `${process.platform}, Node ${process.versions.node}, ${broker}; load before the run ${load.toFixed(1)}` +
    `${load > 1 ? ": others used the machine as well, so times are too long" : ""}.`
  );
}
