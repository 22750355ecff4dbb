import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterProblem, topicMatches, topicProblem } from "../../packages/devicescript-mqtt/src/topic.js";
import { topicMatchesFilter } from "./support/scripted-broker.js";

describe("topic filters match according to section 4.7 of the specification:", () => {
  // These are all examples of topic matching in MQTT 3.1.1, sections 4.7.1 and 4.7.2.
  const table: [string, string, boolean][] = [
    ["sport/tennis/player1/#", "sport/tennis/player1", true],
    ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
    ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
    ["sport/#", "sport", true],
    ["sport/#", "sports", false],
    ["#", "anything/at/all", true],
    ["#", "/", true],
    ["sport/tennis/+", "sport/tennis/player1", true],
    ["sport/tennis/+", "sport/tennis/player1/ranking", false],
    ["sport/+", "sport", false],
    ["sport/+", "sport/", true],
    ["+/tennis/#", "sport/tennis", true],
    ["sport/+/player1", "sport/tennis/player1", true],
    ["+/+", "/finance", true],
    ["/+", "/finance", true],
    ["+", "/finance", false],
    ["#", "$SYS/uptime", false],
    ["+/monitor/Clients", "$SYS/monitor/Clients", false],
    ["$SYS/#", "$SYS/uptime", true],
    ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
    ["ACCOUNTS", "Accounts", false],
    ["t/a", "t/ab", false],
    ["t/ab", "t/a", false],
  ];
  it.each(table)("%s and %s: %s", (filter, topic, expected) => {
    expect(topicMatches(filter.split("/"), topic)).toBe(expected);
  });

  it("an independent implementation gives the same result", () => {
    const level = fc.constantFrom("a", "b", "", "$x", "é");
    const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
    const filter = fc
      .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 4 }), fc.boolean())
      .map(([levels, hash]) => [...levels, ...(hash || levels.length === 0 ? ["#"] : [])].join("/"))
      .filter((f) => f !== "");
    fc.assert(
      fc.property(filter, topic, (f, t) => {
        fc.pre(t !== "");
        expect(filterProblem(f)).toBe("");
        expect(topicMatches(f.split("/"), t)).toBe(topicMatchesFilter(f, t));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("validation rejects", () => {
  it.each(["", "a/#/b", "a#", "#a", "a+", "a/+b", "\0", "x".repeat(65_536)])("the filter %j", (filter) => {
    expect(filterProblem(filter)).toMatch(/filter/);
  });
  it.each(["", "a/#", "+/a", "a\0b", "x".repeat(65_536)])("the topic %j", (topic) => {
    expect(topicProblem(topic)).toMatch(/topic/);
  });
  it.each(["a", "/", "a//b", "$SYS/a", "été", "x".repeat(65_535)])("neither topic nor filter %j", (topic) => {
    expect(topicProblem(topic)).toBe("");
    expect(filterProblem(topic)).toBe("");
  });
});
