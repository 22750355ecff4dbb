import { isatty } from "node:tty";

/** The streams by which a program may hang on a terminal: standard input, output and error. */
const STREAMS = [0, 1, 2];

/**
 * Calls `reload` at every SIGHUP. A terminal that is closed sends it as well: then the program ends as by SIGTERM,
 * rather than go on where nobody sees it. On Windows, where it means nothing else, it ends the program as ever.
 */
export function onHangup(reload: () => void): void {
  if (process.platform === "win32") return;
  const terminals = STREAMS.filter((stream) => isatty(stream));
  process.on("SIGHUP", () => {
    const closed = terminals.some((stream) => !isatty(stream));
    if (closed) process.kill(process.pid, "SIGTERM");
    else reload();
  });
}
