import { isatty } from "node:tty";

/** The streams by which a program may hang on a terminal: standard input, output and error. */
const STREAMS = [0, 1, 2];

/** What SIGHUP does. */
export interface Hangups {
  /** Calls `reload` at every SIGHUP from now on, and at once if one has come before. */
  reloadBy(reload: () => void): void;
}

/**
 * Catches SIGHUP from now on. A terminal that is closed sends it as well: then the program ends as by SIGTERM, rather than
 * go on where nobody sees it. On Windows, where it means nothing else, it ends the program as ever.
 */
export function catchHangups(): Hangups {
  if (process.platform === "win32") return { reloadBy() {} };
  const terminals = STREAMS.filter((stream) => isatty(stream));
  let waiting = false;
  let reload = (): void => void (waiting = true);
  process.on("SIGHUP", () => {
    const closed = terminals.some((stream) => !isatty(stream));
    if (closed) process.kill(process.pid, "SIGTERM");
    else reload();
  });
  return {
    reloadBy(step) {
      reload = step;
      if (waiting) step();
    },
  };
}

/** Calls `reload` at every SIGHUP, except when a terminal was closed. */
export function onHangup(reload: () => void): void {
  catchHangups().reloadBy(reload);
}
