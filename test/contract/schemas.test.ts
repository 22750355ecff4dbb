/** Tests that the JSON Schemas in `docs/schemas` accept exactly the messages that the contract accepts. */
import { Ajv, type ValidateFunction } from "ajv";
import fc from "fast-check";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import * as contract from "../../contract/index.js";
import { decode, MAX_PAYLOAD_SIZE, STATUS, TELEMETRY, type Field, type Fields } from "../../contract/index.js";
import { generateDocuments } from "../../scripts/docs/generate.js";
import { findOutdated } from "../../scripts/lib/generated-files.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { readMessages, type MessageDoc } from "../../scripts/docs/messages.js";

const MESSAGES = readMessages();

/** Compiles the schema file of a message. */
async function validatorOf({ file }: Pick<MessageDoc, "file">): Promise<ValidateFunction> {
  const text = await readFile(new URL(`../../docs/schemas/${file}.json`, import.meta.url), "utf8");
  return new Ajv({ strict: true }).compile(JSON.parse(text) as object);
}

const isAcceptedByContract = (fields: Fields, text: string): boolean => !decode(fields, Buffer.from(text)).problem;

/**
 * Generates strings without surrogate pairs. A string with such pairs has two lengths, because the contract counts
 * UTF-16 units and JSON Schema counts characters.
 */
const stringsUpTo = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ maxLength, unit: fc.integer({ min: 0x20, max: 0xd7ff }).map((code) => String.fromCharCode(code)) });

/** Generates the JSON text of a valid, almost valid or invalid value of a field. */
function valueTextsOf(field: Field): fc.Arbitrary<string> {
  const { minimum = 0, maximum = 1e9, maxLength = 10, values = [] } = field;
  const near = [
    minimum,
    minimum - 1,
    minimum - 0.5,
    minimum + 0.5,
    maximum,
    maximum + 1,
    maximum + 0.5,
    maximum - 1,
    1e308,
  ];
  const good: fc.Arbitrary<unknown> =
    field.type === "boolean"
      ? fc.boolean()
      : values.length > 0
        ? fc.constantFrom(...values)
        : field.type === "string"
          ? stringsUpTo(maxLength)
          : field.type === "integer"
            ? fc.integer({ min: minimum, max: maximum })
            : fc.double({ min: minimum, max: maximum, noNaN: true });
  const wrong = fc.constantFrom<unknown>(
    null,
    [],
    {},
    [1],
    { a: 1 },
    "",
    "1",
    "true",
    ...values.map((v) => v.toUpperCase()),
  );
  return fc.oneof(
    // Generates mostly valid values, so that messages with many fields are often valid as a whole.
    { weight: 16, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constantFrom(...near).map(String) },
    // Generates numbers in notations that JSON.stringify never writes.
    { weight: 1, arbitrary: fc.constantFrom("1.0", "1e2", "0.5e1", "-0", "-0.0", "1E+1", "0e0", "10.50", "-1e-7") },
    { weight: 1, arbitrary: stringsUpTo(maxLength + 2).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: wrong.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.boolean().map(String) },
  );
}

/** Generates the JSON text of an object with fields of the message and unknown fields. */
function payloadTextsOf({ fields }: MessageDoc): fc.Arbitrary<string> {
  const known = fields.map(({ name, field }) => {
    const present = valueTextsOf(field).map((value) => [`${JSON.stringify(name)}: ${value}`]);
    // Most objects contain the required fields.
    return fc.oneof({ weight: field.required ? 12 : 1, arbitrary: present }, { weight: 1, arbitrary: fc.constant([]) });
  });
  const foreign = fc.constantFrom(
    [],
    ['"foreign": [1, {"a": null}]'],
    ['"__proto__": {"light": 1}'],
    ['"constructor": 1'],
  );
  return fc.tuple(...known, foreign).map((members) => `{${members.flat().join(", ")}}`);
}

describe("the generated documents", () => {
  it("are up to date: otherwise npm run docs writes them anew", async () => {
    expect(await findOutdated(ROOT, await generateDocuments())).toEqual([]);
  });

  it("include every message of the contract", () => {
    const isFields = (value: object): boolean => Object.values(value).every((field: Partial<Field>) => field?.type);
    const tables = Object.entries<unknown>(contract).filter(
      ([, value]) => typeof value === "object" && value !== null && isFields(value),
    );
    expect(MESSAGES.map(({ constant }) => constant).sort()).toEqual(tables.map(([name]) => name).sort());
    for (const { constant, description, fields } of MESSAGES) {
      expect(description).not.toBe("");
      expect(fields.map(({ name }) => name)).toEqual(Object.keys(contract[constant]));
    }
  });

  it("contain a default for each parameter of a board", () => {
    const { fields } = MESSAGES.find(({ constant }) => constant === "CONFIG")!;
    const defaults = Object.fromEntries(fields.map(({ name, default: value }) => [name, value]));
    expect(decode(contract.CONFIG, Buffer.from(JSON.stringify(defaults)))).toEqual({ value: defaults });
    expect(defaults).toMatchObject({ threshold: 300, report: "change", offline: "keep", alone_after: 10_000 });
  });
});

describe.each(MESSAGES)("the schema of a $name", (doc) => {
  const fields = contract[doc.constant] as Fields;

  it("accepts the same payloads as the contract, in thousands of cases", async () => {
    const validate = await validatorOf(doc);
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(payloadTextsOf(doc), (text) => {
        fc.pre(Buffer.byteLength(text) <= MAX_PAYLOAD_SIZE);
        const accepted = isAcceptedByContract(fields, text);
        seen[accepted ? "accepted" : "refused"]++;
        expect({ text, accepted: validate(JSON.parse(text)) }).toEqual({ text, accepted });
      }),
      { numRuns: 2000 },
    );
    expect(seen.accepted).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100);
  });

  it("rejects a payload that is no object, like the contract", async () => {
    const validate = await validatorOf(doc);
    for (const text of ["null", "true", "1", '"{}"', "[]", '[{"light": 1}]']) {
      expect(validate(JSON.parse(text))).toBe(false);
      expect(isAcceptedByContract(fields, text)).toBe(false);
    }
  });
});

describe("the rules that only docs/reference/contract.md describes", () => {
  it.each([
    ["a payload of more than 1,024 bytes", TELEMETRY, `{"light": 1, "foreign": "${"x".repeat(1024)}"}`],
    ["what is nested deeper than eight", TELEMETRY, `{"light": 1, "foreign": ${"[".repeat(8)}${"]".repeat(8)}}`],
    ["escaped surrogates", STATUS, String.raw`{"online": true, "board": "\ud83d\udca1"}`],
    ["a text that is too long in UTF-16 code units", STATUS, `{"online": true, "board": "${"💡".repeat(33)}"}`],
  ])("%s is refused all the same", async (_what, fields, text) => {
    const validate = await validatorOf({ file: fields === TELEMETRY ? "telemetry" : "status" });
    expect(validate(JSON.parse(text))).toBe(true);
    expect(isAcceptedByContract(fields, text)).toBe(false);
  });
});
