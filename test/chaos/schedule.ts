/** Generates the schedule of faults from the seed. */
import { FAULTS, canCoincide, type Fault, type PlannedFault } from "./faults.js";
import type { Random } from "./random.js";
import type { BrokerKind } from "./stand.js";

/** Number of simultaneous fault pairs per round. Each single fault occurs once per round. */
const PAIRS_PER_ROUND = 3;

/** Maximum time between the starts of two simultaneous faults, in ms. */
const MAX_START_DIFFERENCE = 1500;

/** A planned fault with the preceding pause without faults, in ms. */
export interface ScheduledFault extends PlannedFault {
  readonly pause: number;
}

/**
 * Generates an infinite schedule in rounds. Each round has every fault once and `PAIRS_PER_ROUND` simultaneous pairs, in
 * random order.
 * @param only name of the only fault to inject
 * @throws RangeError for a fault that does not exist with this broker
 */
export function* scheduleFaults(
  random: Random,
  broker: BrokerKind,
  boards: number,
  only?: string,
): Generator<ScheduledFault> {
  const faults = FAULTS.filter((fault) => !fault.broker || fault.broker === broker);
  const wanted = only === undefined ? faults : faults.filter(({ name }) => name === only);
  if (wanted.length === 0)
    throw new RangeError(`Unknown fault "${only}". Known faults: ${faults.map(({ name }) => name).join("; ")}.`);
  for (;;) {
    const round: (Fault | "two")[] = [...wanted, ...Array<"two">(only ? 0 : PAIRS_PER_ROUND).fill("two")];
    for (const next of random.shuffle(round)) {
      const plan = next === "two" ? planFaultPair(random, faults, boards) : planSingleFault(random, next, boards);
      yield { ...plan, pause: random.drawInteger(300, 2000) };
    }
  }
}

function planSingleFault(random: Random, { name, target, plan }: Fault, boards: number): PlannedFault {
  return { fault: name, target, ...plan(random, boards) };
}

function planFaultPair(random: Random, faults: readonly Fault[], boards: number): PlannedFault {
  const first = random.pick(faults);
  const second = random.pick(faults.filter((fault) => canCoincide(first, fault)));
  const [a, b] = [first, second].map((fault) => planSingleFault(random, fault, boards));
  const apart = random.drawInteger(0, MAX_START_DIFFERENCE);
  return {
    fault: "two at once",
    target: "none",
    text: `${a.fault} (${a.text}), ${apart} ms later ${b.fault} (${b.text})`,
    async run(stand) {
      const later = new Promise((resolve) => setTimeout(resolve, apart)).then(() => b.run(stand));
      await Promise.all([a.run(stand), later]);
    },
  };
}
