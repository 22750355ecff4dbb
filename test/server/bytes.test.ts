/** Compares the server's functions that write text and bytes into a buffer with the methods of Node's `Buffer`. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Length, putBytes, putText } from "../../server/src/common/bytes.js";

const text = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 100 }),
  fc.string({ unit: "binary", maxLength: 100 }),
);

test("putText writes the UTF-8 bytes of a text and no bytes around them", () => {
  fc.assert(
    fc.property(text, fc.nat(9), (text, offset) => {
      const expected = Buffer.concat([Buffer.alloc(offset, 7), Buffer.from(text), Buffer.alloc(5, 7)]);
      const target = Buffer.alloc(expected.length, 7);
      expect(putText(target, offset, text)).toBe(expected.length - 5);
      expect(target.equals(expected)).toBe(true);
      expect(utf8Length(text)).toBe(Buffer.byteLength(text));
    }),
  );
});

test("putBytes copies any number of bytes and changes no bytes around them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), (bytes, offset) => {
      const expected = Buffer.concat([Buffer.alloc(offset, 7), bytes, Buffer.alloc(5, 7)]);
      const target = Buffer.alloc(expected.length, 7);
      expect(putBytes(target, offset, bytes)).toBe(offset + bytes.length);
      expect(target.equals(expected)).toBe(true);
    }),
  );
});
