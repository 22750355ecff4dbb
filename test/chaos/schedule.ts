/** Which fault comes when: all of it decided by the seed. */
import { FAULTS, together, type Fault, type Plan } from "./faults.js";
import type { Random } from "./random.js";
import type { BrokerKind } from "./stand.js";

/** How often two faults come at once in a round in which each single fault comes once. */
const PAIRS = 3;

/** Between the beginnings of two faults that come at once, in ms. */
const APART = 1500;

/** A plan, and how long all is well before it, in ms. */
export interface Step extends Plan {
  readonly pause: number;
}

/**
 * The faults without end, in rounds: each once in an order by chance, and some two at once.
 * @param only the one fault that is to be injected, by name
 * @throws RangeError when there is no such fault with this broker
 */
export function* schedule(random: Random, broker: BrokerKind, boards: number, only?: string): Generator<Step> {
  const faults = FAULTS.filter((fault) => !fault.broker || fault.broker === broker);
  const wanted = only === undefined ? faults : faults.filter(({ name }) => name === only);
  if (wanted.length === 0)
    throw new RangeError(`There is no fault "${only}"; there are: ${faults.map(({ name }) => name).join("; ")}.`);
  for (;;) {
    const round: (Fault | "two")[] = [...wanted, ...Array<"two">(only ? 0 : PAIRS).fill("two")];
    for (const next of random.shuffled(round)) {
      const plan = next === "two" ? planTwo(random, faults, boards) : planOne(random, next, boards);
      yield { ...plan, pause: random.int(300, 2000) };
    }
  }
}

function planOne(random: Random, { name, victim, plan }: Fault, boards: number): Plan {
  return { fault: name, victim, ...plan(random, boards) };
}

function planTwo(random: Random, faults: readonly Fault[], boards: number): Plan {
  const first = random.pick(faults);
  const second = random.pick(faults.filter((fault) => together(first, fault)));
  const [a, b] = [first, second].map((fault) => planOne(random, fault, boards));
  const apart = random.int(0, APART);
  return {
    fault: "two at once",
    victim: "none",
    text: `${a.fault} (${a.text}), ${apart} ms later ${b.fault} (${b.text})`,
    async run(stand) {
      const later = new Promise((resolve) => setTimeout(resolve, apart)).then(() => b.run(stand));
      await Promise.all([a.run(stand), later]);
    },
  };
}
