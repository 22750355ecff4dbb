/** What a person sees of the work. */

export interface Screen {
  /** A line. */
  say(line: string): void;
  /** How much of something is done, 0..100; the last one is 100. */
  progress(what: string, percent: number): void;
}

/** A terminal gets one line that changes; a file or a pipe a line at each quarter. */
export function screenOn(stream: NodeJS.WriteStream): Screen {
  let open = false;
  let told = -1;
  return {
    say(line) {
      stream.write(`${open ? "\n" : ""}${line}\n`);
      open = false;
    },
    progress(what, percent) {
      const whole = Math.floor(percent);
      if (stream.isTTY) {
        stream.write(`\r${what} ${whole} %`);
        open = true;
        return;
      }
      const quarter = Math.floor(whole / 25);
      if (quarter !== told) stream.write(`${what} ${quarter * 25} %\n`);
      told = quarter;
    },
  };
}
