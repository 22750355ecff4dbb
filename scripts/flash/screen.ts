/** Prints lines and the progress of long steps for the user. */

export interface Screen {
  /** Prints a line. */
  print(line: string): void;
  /** Shows how much of the step `what` is done, in percent. */
  showProgress(what: string, percent: number): void;
}

/** Creates a screen. A terminal shows progress on one changing line; a file or a pipe gets a line at each quarter. */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  let lineIsOpen = false;
  let lastQuarter = -1;
  return {
    print(line) {
      stream.write(`${lineIsOpen ? "\n" : ""}${line}\n`);
      lineIsOpen = false;
    },
    showProgress(what, percent) {
      const whole = Math.floor(percent);
      if (stream.isTTY) {
        stream.write(`\r${what} ${whole} %`);
        lineIsOpen = true;
        return;
      }
      const quarter = Math.floor(whole / 25);
      if (quarter !== lastQuarter) stream.write(`${what} ${quarter * 25} %\n`);
      lastQuarter = quarter;
    },
  };
}
