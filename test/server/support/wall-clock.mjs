// Loaded into a server by `--import`: its wall clock is wrong by as many ms as a file says, all of the time. What measures
// durations, `performance.now()` and timers, is as it is.
import { readFileSync } from "node:fs";

const file = process.env.NIGHTLIGHT_TEST_CLOCK;
const read = () => Number(readFileSync(file, "utf8"));
let offset = read();
setInterval(() => (offset = read()), 20).unref();

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...values) {
    super(...(values.length > 0 ? values : [RealDate.now() + offset]));
  }

  static now() {
    return RealDate.now() + offset;
  }
};
