/** Tests the errors for invalid configuration files: all at once, with their position and the allowed values. */
import fc from "fast-check";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createJsonSchema } from "../../server/src/config/schema.js";
import { ConfigurationError } from "../../server/src/config/problems.js";
import { writeConfigFile, loadConfig, findProblemsIn } from "./support/config.js";
import { createTemporaryFolder } from "./support/server.js";

const createZoneFile = (lines: string): string =>
  `zones:\n  hall:\n    sensors: [a, b]\n    lamps: [a]\n    ${lines}\n`;

test("the error lists every mistake in the order of the file, with the value found and the allowed values", async () => {
  const problems = await findProblemsIn(`mqtt_port: 70000
rule: {treshold: 250}
zones:
  hall:
    sensors: [nightlight/a]
    lamps: [nightlight/l]
    combine: mean
  yard:
    sensors: [nightlight/b]
    lamps: [nightlight/l]
    hours: {from: 18:00, to: 24:00}
`);
  expect(problems).toEqual([
    "1:12: mqtt_port is 70000; it must be a whole number from 0 to 65535; 0 means any free port.",
    "2:8: rule > treshold is no setting; did you mean threshold? Allowed here: threshold, hysteresis, min_on, min_off.",
    "7:14: zones > hall > combine is mean; it must be median, any, all or at_least.",
    "10:13: zones > yard > lamps > item 1 is nightlight/l, a lamp of zone hall already; a lamp is in one zone at most.",
    "11:30: zones > yard > hours > to is 24:00; it must be a time of day from 00:00 to 23:59.",
  ]);
});

describe("a mistake is reported with its line and column", () => {
  test.each([
    ["a number without a unit", "reporting: {heartbeat: 30}", /^1:24: .* is 30; it must be a time with its unit \(ms, s, min, h or d\), 1 s to 1 d\.$/],
    ["a time out of range", "reporting:\n  sample: 10 ms", /^2:11: reporting > sample is 10 ms; .* 50 ms to 1 min\.$/],
    ["a light level out of range", "rule: {threshold: 1024}", /is 1024; it must be a number from 0 to 1023\./],
    ["a misspelled key", "mqttPort: 1", /^1:1: mqttPort is no setting; did you mean mqtt_port\?/],
    ["an unknown key", "colour: red", /^1:1: colour is no setting\. Allowed here: broker, host, /],
    ["a number with a decimal comma", "rule: {threshold: 300,5}", /^1:23: rule > threshold ends at the comma: write a decimal number with a point/],
    ["a decimal comma in a line of its own", "rule:\n  threshold: 300,5", /^2:14: rule > threshold is 300,5; .* with a point for decimals\.$/],
    ["a value that is not a number", "rule: {threshold: .nan}", /^1:19: rule > threshold is \.nan; it must be a number from 0 to 1023\.$/],
    ["an empty key", '"": 5', /^1:1: "" is no setting\./],
    ["a tab as indentation", "rule:\n\tthreshold: 5", /^2:1: This is not YAML: Tabs are not allowed/],
    ["a misspelled key after a byte order mark", "\ufeffrul: 5", /^1:1: rul is no setting; did you mean rule\?/],
    ["a word for true in another version of YAML", "http: yes", /^1:7: http is yes; it must be true or false\.$/],
    ["a zone whose name JavaScript reserves", "zones:\n  __proto__: {sensors: [a], lamps: [a]}", /^2:3: zones > __proto__ is not a name that is allowed here: JavaScript reserves it/],
    ["a device whose id JavaScript reserves", "devices: {__proto__: {label: x}}", /^1:11: devices > __proto__ is not a name that is allowed here/],
    ["a key of Object's own", "__proto__: {a: 1}", /^1:1: __proto__ is no setting\./],
    ["a key that is there twice", "host: ::1\nhost: ::1", /^2:1: host is there twice; keep one\.$/],
    ["a text where a mapping belongs", "broker: mqtt://x", /^1:9: broker is mqtt:\/\/x; it must be a mapping of settings \(url, /],
    ["a list where a mapping belongs", "- host: x", /^1:1: The file is a list; it must be a mapping of settings/],
    ["a mapping where one of two forms belongs", "home_assistant: {discovery_prefx: x}", /> discovery_prefx is no setting; did you mean discovery_prefix\?/],
    ["neither of two forms", "history: 5", /^1:10: history is 5; it must be false, or a mapping of settings \(url, readings, switches\)\.$/],
    ["an id that is a number", "ids: [1e5]", /^1:7: ids > item 1 is 1e5; .*in quotes if it is a number\.$/],
    ["an id with a wildcard", "devices:\n  a/+: {label: x}", /^2:3: devices > a\/\+ is not a name .*cannot contain # or \+\.$/],
    ["a prefix that ends with a slash", "topic_prefix: home/", /it cannot end with \/\.$/],
    ["a name that no zone can have", "zones:\n  great hall: {sensors: [a], lamps: [a]}", /^2:3: zones > great hall is not a name .*letters, digits, - and _/],
    ["a zone without lamps", "zones:\n  hall:\n    sensors: [a]", /^2:3: zones > hall > lamps is missing; it must be a list of at least one device id/],
    ["a zone with an empty list", "zones: {hall: {sensors: [], lamps: [a]}}", /sensors is an empty list; it must be a list of at least one/],
    ["a zone with nothing in it", "zones:\n  hall:", /^2:3: zones > hall > sensors is missing/],
    ["a sensor twice in a zone", "zones: {hall: {sensors: [a, a], lamps: [a]}}", /^1:29: .*item 2 is a, which is in this list already; keep one\.$/],
    ["more sensors wanted than there are", createZoneFile("combine: at_least\n    at_least: 3"), /^6:15: zones > hall > at_least is 3, but the zone has 2 sensors/],
    ["at_least without its number", createZoneFile("combine: at_least"), /combine is at_least, which needs at_least/],
    ["at_least of another way to combine", createZoneFile("at_least: 1"), /at_least is of no use without combine: at_least\.$/],
    ["hours that are empty", createZoneFile("hours: {from: 08:00, to: 8:00}"), /hours > to is 8:00, as from is.*leave hours out for all day\.$/],
    ["a time zone that is none", createZoneFile("hours: {from: 08:00, to: 09:00, time_zone: Europe/Berln}"), /did you mean Europe\/Berlin\?\.?$/],
    ["an offset for a time zone", createZoneFile("hours: {from: 08:00, to: 09:00, time_zone: '+01:00'}"), /IANA name/],
    ["a lamp that could never go off", createZoneFile("threshold: 1000\n    hysteresis: 50"), /^6:17: zones > hall > hysteresis would keep a lamp on forever/],
    ["a lamp that could never go off, by the rule of all", "rule: {hysteresis: 800}", /threshold \+ hysteresis = 1100/],
    ["a port that is taken twice", "http_port: 1883", /^1:12: http_port is 1883, as mqtt_port is; a port serves one of them\.$/],
    ["a port for TLS without a certificate", "mqtts_port: 8884", /mqtts_port is of no use without a certificate/],
    ["a certificate that is not there", "tls: {cert: a.pem, key: a.pem}", /tls > cert names .*a\.pem, which cannot be read: there is no such file\.$/],
    ["clients' certificates of no authority", "tls: {require_client_certificate: true}", /needs tls > client_ca/],
    ["a broker of another kind", "broker: {url: 'http://x'}", /http:\/\/ is not supported: use mqtt:\/\//],
    ["a host name with a scheme", "http_names: ['https://x.org']", /^1:14: http_names > item 1 is 'https:\/\/x\.org'; .* without scheme and port/],
    ["two passwords", "broker: {password: x, password_file: y}", /password_file is there beside broker > password; keep one\.$/],
    ["a tag, as another program has it", "host: !secret x", /^1:7: !secret means nothing here; write the value itself\.$/],
    ["an alias of nothing", "rule: *x", /^1:7: \*x stands for nothing/],
    ["an alias of itself", "rule: &x {threshold: *x}", /^1:22: \*x stands for nothing/],
    ["endless nesting", "[".repeat(100_000), /nightlight\.yaml nests deeper than any setting does\.$/],
    ["two documents", "host: ::1\n---\nhost: ::1", /^2:1: A second document begins here/],
    ["invalid YAML", "host: ::1\nids: [a\nlog: json", /^3:1: This is not YAML: /],
  ])("%s is reported with its position", async (_what, text, sentence) => {
    expect(await findProblemsIn(text)).toContainEqual(expect.stringMatching(sentence));
  }); // prettier-ignore

  test("a TLS key without a certificate is a mistake, and so is a certificate without a key", async () => {
    const file = await writeConfigFile("x");
    const createTlsFile = (name: string): string => `tls: {${name}: '${file.replaceAll("\\", "/")}'}`;
    expect(await findProblemsIn(createTlsFile("key"))).toEqual([
      expect.stringMatching(/tls > key needs tls > cert beside it\.$/),
    ]);
    expect(await findProblemsIn(createTlsFile("cert"))).toEqual([
      expect.stringMatching(/tls > cert needs tls > key beside it\.$/),
    ]);
  });
});

/** Returns the allowed keys of each mapping in the schema. In a path, `*` stands for a name that users choose. */
function mappingsOf(schema: JsonSchema, at: string[] = []): { at: string[]; keys: string[] }[] {
  const { properties, additionalProperties: chosen } = schema.anyOf?.find((one) => one.properties) ?? schema;
  if (chosen) return mappingsOf(chosen, [...at, "*"]);
  if (!properties) return [];
  const inner = Object.entries(properties).flatMap(([key, property]) => mappingsOf(property, [...at, key]));
  return [{ at, keys: Object.keys(properties) }, ...inner];
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly additionalProperties?: JsonSchema | false;
  readonly anyOf?: readonly JsonSchema[];
}

test("a misspelled key is reported with its line at every depth, with any value or none", async () => {
  const file = await writeConfigFile("");
  const { writeFileSync } = await import("node:fs");
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz_");
  const misspelt = fc
    .tuple(fc.constantFrom(...mappingsOf(createJsonSchema() as JsonSchema)), fc.nat(), fc.nat(), letter)
    .map(([{ at, keys }, which, where, insert]) => {
      const right = keys[which % keys.length];
      const cut = where % (right.length + 1);
      return { at, keys, key: right.slice(0, cut) + insert + right.slice(cut) };
    })
    .filter(({ keys, key }) => !keys.includes(key));
  const value = fc.constantFrom("", "~", "null", "{}", "[]", "5", "'text'", "{a: {b: null}}", "!!null ''", "# nothing");
  fc.assert(
    fc.property(misspelt, value, fc.nat(3), ({ at, key }, written, above) => {
      const lines = [...Array<string>(above).fill("# a line"), ...at.map((step, depth) => `${"  ".repeat(depth)}${step === "*" ? "name" : step}:`)]; // prettier-ignore
      writeFileSync(file, [...lines, `${"  ".repeat(at.length)}${key}: ${written}`].join("\n"));
      expect(() => loadConfig(["--config", file])).toThrow(
        `:${lines.length + 1}:${2 * at.length + 1}: ${[...at.map((step) => (step === "*" ? "name" : step)), key].join(" > ")} is no setting; did you mean `,
      );
    }),
    { numRuns: 200 },
  );
});

describe("a secret is not repeated in an error", () => {
  test.each([
    "{url: foo://me:hunter2@x}",
    "{url: mqtt://me:hun/ter2@x}",
    "{url: me:hunter2@x}",
    "{url: 'host=x password=hunter2'}",
    "{url: mqtt://me:hunter2%40x}",
    "{password: 5550199}",
    "{password: hun,ter2}",
    "{password: !hunter2 }",
    "{password: *hunter2 }",
    "{password: 'x' hunter2}",
    "{password: @hunter2}",
    "mqtt://me:hunter2@x",
    "[mqtt://me:hunter2@x]",
  ])("the error for broker: %s does not repeat the secret", async (text) => {
    const problems = await findProblemsIn(`broker: ${text}\nhttp_port: x`);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join()).not.toMatch(/hunter|ter2|5550199/);
  });
});

test("an unreadable file is reported with the reason", async () => {
  const folder = await createTemporaryFolder();
  await mkdir(path.join(folder, "sub"));
  const createLoaderOf = (name: string) => () => loadConfig(["--config", path.join(folder, name)]);
  expect(createLoaderOf("none.yaml")).toThrow(/none\.yaml cannot be read: there is no such file\.$/);
  expect(createLoaderOf("sub")).toThrow(/sub cannot be read: it is a folder\.$/);
  if (existsSync("/dev/zero"))
    expect(() => loadConfig(["--config", "/dev/zero"])).toThrow(/it has more than 67,108,864 bytes\.$/);
  expect(await findProblemsIn(Buffer.from("\ufeffhost: x", "utf16le"))).toEqual([expect.stringMatching(/not text in UTF-8\.$/)]); // prettier-ignore
});

test("random settings are accepted or refused with positions, and never cause another error", async () => {
  const key = fc.constantFrom(...["broker", "url", "rule", "threshold", "zones", "hall", "sensors", "lamps", "hours", "from", "to", "devices", "history", "tls", "cert", "mqtt_port", "toString", "__proto__"]); // prettier-ignore
  const value = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, fc.constantFrom<unknown>(null, -1, Infinity, "18:00", "5 s", "", true), tie("list"), tie("mapping")), // prettier-ignore
    list: fc.array(tie("any"), { maxLength: 3 }),
    mapping: fc.dictionary(key, tie("any"), { maxKeys: 5 }),
  })).mapping;
  const file = await writeConfigFile("");
  const { writeFileSync } = await import("node:fs");
  let refused = 0;
  fc.assert(
    fc.property(value, (settings) => {
      writeFileSync(file, JSON.stringify(settings));
      try {
        loadConfig(["--config", file]);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigurationError);
        refused++;
        for (const { text } of (error as ConfigurationError).problems) expect(text).toMatch(/nightlight\.yaml:\d+:\d+: .+[.]$/); // prettier-ignore
      }
    }),
    {
      numRuns: 150,
      // String() would call the value of `toString` in these mappings, and throw
      examples: [
        [{ zones: { hall: { threshold: { toString: null } } } }],
        [{ zones: { hall: { hours: { from: { toString: null }, to: "18:00" } } } }],
      ],
    },
  );
  expect(refused).toBeGreaterThan(0);
});
