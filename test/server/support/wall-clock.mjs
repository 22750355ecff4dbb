// Shifts the wall clock of a server that loads this module with `--import`. A file contains the offset in ms. The
// module reads the file every 20 ms. Monotonic time (`performance.now()` and timers) is unaffected.
import { readFileSync } from "node:fs";

const file = process.env.NIGHTLIGHT_TEST_CLOCK;
const readOffset = () => Number(readFileSync(file, "utf8"));
let offset = readOffset();
setInterval(() => (offset = readOffset()), 20).unref();

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...values) {
    super(...(values.length > 0 ? values : [RealDate.now() + offset]));
  }

  static now() {
    return RealDate.now() + offset;
  }
};
