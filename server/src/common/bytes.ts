/** Short text and bytes, into a buffer: one by one, for up to some dozens that is shorter than a call into the engine. */

/** The most bytes that are written one by one. */
const SHORT = 64;

/** How many bytes a text has in UTF-8. */
export function lengthOf(text: string): number {
  for (let n = 0; n < text.length; n++) if (text.charCodeAt(n) > 127) return Buffer.byteLength(text);
  return text.length;
}

/** Writes a text in UTF-8, for which there is room; gives the place after it. */
export function putText(to: Buffer, at: number, text: string): number {
  for (let n = 0; n < text.length; n++) {
    const unit = text.charCodeAt(n);
    if (unit > 127) return at + to.write(text, at);
    to[at + n] = unit;
  }
  return at + text.length;
}

/** Writes bytes, for which there is room; gives the place after them. */
export function putBytes(to: Buffer, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > SHORT) to.set(bytes, at);
  else for (let n = 0; n < length; n++) to[at + n] = bytes[n];
  return at + length;
}
