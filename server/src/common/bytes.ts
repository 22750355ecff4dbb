/**
 * Functions that write short texts and byte arrays into a buffer with a JavaScript loop. For fewer than about 64 bytes,
 * the loop is faster than a call of the native `Buffer` methods.
 */

/** The longest byte array that is copied in a loop, in bytes. */
const MAX_LOOP_BYTES = 64;

/** Returns the length of a text in UTF-8, in bytes. */
export function utf8Length(text: string): number {
  for (let n = 0; n < text.length; n++) if (text.charCodeAt(n) > 127) return Buffer.byteLength(text);
  return text.length;
}

/** Writes a text as UTF-8 at an offset of a buffer that is large enough. Returns the offset after the text. */
export function putText(to: Buffer, at: number, text: string): number {
  for (let n = 0; n < text.length; n++) {
    const unit = text.charCodeAt(n);
    if (unit > 127) return at + to.write(text, at);
    to[at + n] = unit;
  }
  return at + text.length;
}

/** Copies bytes to an offset of a buffer that is large enough. Returns the offset after the bytes. */
export function putBytes(to: Buffer, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > MAX_LOOP_BYTES) to.set(bytes, at);
  else for (let n = 0; n < length; n++) to[at + n] = bytes[n];
  return at + length;
}
