/** Who is to get a message: found by an index, and by trying every filter, as MQTT 3.1.1, 4.7 words it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { TopicIndex } from "../../../server/src/broker/topic-index.js";
import { AWAITED, SUBSCRIBED, Topics } from "../../../server/src/broker/topics.js";

/** MQTT 3.1.1, 4.7, word for word. */
function matches(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1]
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const levels = topic.split("/");
  const wanted = filter.split("/");
  for (const [n, level] of wanted.entries()) {
    if (level === "#") return true;
    if (n >= levels.length || (level !== "+" && level !== levels[n])) return false;
  }
  return wanted.length === levels.length;
}

const level = fc.constantFrom("a", "b", "", "$SYS", "telemetry");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 3 }), fc.constantFrom("#", "+", "a", ""))
  .map(([levels, last]) => [...levels, last].join("/"));

test("an index finds what trying every filter finds, whatever comes and goes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(filter, fc.nat(5), fc.boolean())),
      fc.array(topic, { minLength: 1 }),
      (steps, topics) => {
        const table = new Topics();
        const index = new TopicIndex<string>(table, SUBSCRIBED);
        // topics get other numbers than they had before
        const other = new TopicIndex<string>(table, AWAITED);
        const there = new Map<string, string>();
        for (const [filter, who, comes] of steps) {
          const value = `${who} ${filter}`;
          if (comes && !there.has(value)) {
            there.set(value, filter);
            index.add(filter, value);
            other.add(`${filter}/other`, value);
          } else if (!comes && there.delete(value)) {
            index.remove(filter, value);
            other.remove(`${filter}/other`, value);
          }
          // what is remembered of a topic must not outlive the filters
          for (const topic of topics) index.match(topic);
        }
        for (const topic of topics) {
          // a filter that begins with a wildcard is kept from such topics by aedes
          if (topic.startsWith("$")) continue;
          const expected = [...there].filter(([, filter]) => matches(filter, topic)).map(([value]) => value);
          expect([...index.match(topic)].sort()).toEqual(expected.sort());
          expect([...index.match(topic, table.find(topic))].sort()).toEqual(expected.sort());
        }
      },
    ),
  );
});

test("many topics that match a wildcard are found, more than are remembered", () => {
  const index = new TopicIndex<string>(new Topics(), SUBSCRIBED);
  index.add("nightlight/+/commands", "all");
  index.add("nightlight/20001/commands", "one");
  for (let n = 0; n < 25_000; n++) expect(index.match(`nightlight/${n}/commands`)).toContain("all");
  expect(index.match("nightlight/20001/commands")).toEqual(["one", "all"]);
});
