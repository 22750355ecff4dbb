/** Splits bytes into lines of UTF-8 text, without the color codes that ESP-IDF prints. */

/** The longest line, in bytes. A board with the wrong baud rate sends garbage without line ends. */
const MAX_LINE_LENGTH = 4096;
// eslint-disable-next-line no-control-regex
const COLOR_CODES = /\x1b\[[0-9;]*m/g;

/** Collects bytes, and passes each complete line to a callback. Skips empty lines. */
export class LineSplitter {
  #bytes: number[] = [];

  constructor(private readonly line: (line: string) => void) {}

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== 10 && byte !== 13) this.#bytes.push(byte);
      if (byte === 10 || byte === 13 || this.#bytes.length === MAX_LINE_LENGTH) this.#endLine();
    }
  }

  #endLine(): void {
    const line = new TextDecoder().decode(Uint8Array.from(this.#bytes)).replace(COLOR_CODES, "");
    this.#bytes = [];
    if (line) this.line(line);
  }
}
