/** Lines out of bytes: in UTF-8, without the colors that ESP-IDF prints. */

/** Longer lines are cut: a board that prints garbage at another speed sends no end of line. */
const LONGEST = 4096;
// eslint-disable-next-line no-control-regex
const COLOR = /\x1b\[[0-9;]*m/g;

export class LineSplitter {
  #bytes: number[] = [];

  constructor(private readonly line: (line: string) => void) {}

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== 10 && byte !== 13) this.#bytes.push(byte);
      if (byte === 10 || byte === 13 || this.#bytes.length === LONGEST) this.#end();
    }
  }

  #end(): void {
    const line = Buffer.from(this.#bytes).toString("utf8").replace(COLOR, "");
    this.#bytes = [];
    if (line) this.line(line);
  }
}
