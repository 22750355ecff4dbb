/** Tests YAML features and pitfalls in configuration files. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXAMPLE_CONFIGURATION } from "../../server/src/config/example.js";
import { parseYaml } from "../../server/src/config/yaml-file.js";
import { loadConfig, loadConfigText, findProblemsIn } from "./support/config.js";

const createZoneFile = (lines: string): string =>
  `zones:\n  hall:\n    sensors: [a, b]\n    lamps: [a]\n    ${lines}\n`;

describe("YAML in configuration files", () => {
  test("off is text and 18:00 is a time of day in every YAML version", async () => {
    for (const head of ["", "%YAML 1.1\n---\n"]) {
      const text = head + createZoneFile("hours: {from: 18:00, to: 06:30, time_zone: UTC, outside: off}");
      const { policy } = (await loadConfigText(text)).options;
      expect(policy.zones[0].hours).toEqual({ from: 1080, to: 390, time_zone: "UTC", outside: "off" });
    }
  });

  test("an id that looks like a number is text", async () => {
    const { devices } = (await loadConfigText("devices: {0123: {label: A}, 1e5: {label: B}}")).options.policy;
    expect([...devices.keys()]).toEqual(["0123", "1e5"]);
  });

  test("a setting whose values are all commented out counts as not set", async () => {
    const { policy, limits } = (await loadConfigText("rule:\n  # threshold: 5\nzones:\nlimits:\n  rate:\n")).options;
    expect(policy).toMatchObject({ rule: { threshold: 300 }, zones: [] });
    expect(limits.rate).toBe(1000);
  });

  test("several zones can share values through an anchor", async () => {
    const { zones } = (
      await loadConfigText("zones:\n  a: {sensors: &s [x, y], lamps: [x]}\n  b: {sensors: *s, lamps: [y]}\n")
    ).options.policy;
    expect(zones[1].sensors).toEqual(["x", "y"]);
  });

  test("hundreds of zones may use one list, but exponentially nested aliases are refused", async () => {
    const zones = Array.from({ length: 300 }, (_, i) => `  z${i}: {sensors: ${i === 0 ? "&s [x, y]" : "*s"}, lamps: [l${i}]}`); // prettier-ignore
    expect((await loadConfigText(`zones:\n${zones.join("\n")}`)).options.policy.zones).toHaveLength(300);
    const createListOfTen = (name: string): string => `[${Array<string>(10).fill(name).join()}]`;
    const laughs = Array.from(
      { length: 9 },
      (_, i) => `k${i}: &a${i} ${createListOfTen(i === 0 ? "ha" : `*a${i - 1}`)}`,
    );
    expect(await findProblemsIn(laughs.join("\n"))).toContainEqual(expect.stringMatching(/aliases .* more than 5,000,000 values\.$/)); // prettier-ignore
  });

  test("a file with 20,000 devices loads in linear time", async () => {
    const measureTimeFor = async (count: number): Promise<number> => {
      const devices = Array.from({ length: count }, (_, i) => `  nightlight/board-${i}: {label: Board ${i}}`);
      // processor time, because other programs may slow the machine down during one of the measurements
      const start = process.cpuUsage();
      expect((await loadConfigText(`devices:\n${devices.join("\n")}`)).options.policy.devices.size).toBe(count);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    await measureTimeFor(500);
    const quarter = await measureTimeFor(5000);
    // if the parser compared each key with all others, four times as many keys would take 16 times as long
    expect((await measureTimeFor(20_000)) / quarter).toBeLessThan(10);
  });

  test("an empty file sets the defaults", async () => {
    expect((await loadConfigText("")).configuration).toEqual(loadConfig().configuration);
  });
});

test("random files are accepted or refused with line numbers, and never cause another error", () => {
  const lines = EXAMPLE_CONFIGURATION.split("\n");
  const mangled = fc
    .array(
      fc.tuple(
        fc.nat(lines.length - 1),
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.constantFrom(
            "",
            "- ",
            "  x: [",
            "zones:",
            "? ",
            "&a *a",
            "%TAG",
            "!!binary x",
            "{".repeat(3000),
            "[".repeat(3000),
            "- ".repeat(3000),
          ),
        ),
      ),
      { minLength: 1, maxLength: 5 },
    ) // prettier-ignore
    .map((edits) => {
      const copy = [...lines];
      for (const [line, text] of edits) copy[line] = text;
      return copy.join("\n");
    });
  fc.assert(
    fc.property(mangled, (text) => {
      const { problems, data } = parseYaml("f.yaml", text);
      expect(data).toBeDefined();
      for (const problem of problems) expect(problem.line ?? 1).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length);
    }),
    { numRuns: 150 },
  );
});
