/** Text and bytes are written as Node's own Buffer would. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { lengthOf, putBytes, putText } from "../../server/src/common/bytes.js";

const text = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 100 }),
  fc.string({ unit: "binary", maxLength: 100 }),
);

test("a text takes the bytes that UTF-8 has for it, and nothing beside them is touched", () => {
  fc.assert(
    fc.property(text, fc.nat(9), (text, at) => {
      const expected = Buffer.concat([Buffer.alloc(at, 7), Buffer.from(text), Buffer.alloc(5, 7)]);
      const to = Buffer.alloc(expected.length, 7);
      expect(putText(to, at, text)).toBe(expected.length - 5);
      expect(to.equals(expected)).toBe(true);
      expect(lengthOf(text)).toBe(Buffer.byteLength(text));
    }),
  );
});

test("bytes are written as they are, few or many", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), (bytes, at) => {
      const expected = Buffer.concat([Buffer.alloc(at, 7), bytes, Buffer.alloc(5, 7)]);
      const to = Buffer.alloc(expected.length, 7);
      expect(putBytes(to, at, bytes)).toBe(at + bytes.length);
      expect(to.equals(expected)).toBe(true);
    }),
  );
});
