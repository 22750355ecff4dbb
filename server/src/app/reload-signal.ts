import { isatty } from "node:tty";

/** The file descriptors of standard input, output and error. The server checks whether each one is a terminal. */
const STANDARD_STREAMS = [0, 1, 2];

/** Selects what the program does at SIGHUP. */
export interface ReloadSignal {
  /** Calls `reload` at every later SIGHUP. Also calls `reload` at once if a SIGHUP has arrived before this call. */
  setReloadHandler(reload: () => void): void;
}

/**
 * Handles SIGHUP. When SIGHUP comes from a closed terminal, the program ends as with SIGTERM. Does nothing on Windows,
 * which sends SIGHUP only when the terminal closes.
 */
export function handleReloadSignal(): ReloadSignal {
  if (process.platform === "win32") return { setReloadHandler() {} };
  const terminals = STANDARD_STREAMS.filter((stream) => isatty(stream));
  let waiting = false;
  let reload = (): void => void (waiting = true);
  process.on("SIGHUP", () => {
    const closed = terminals.some((stream) => !isatty(stream));
    if (closed) process.kill(process.pid, "SIGTERM");
    else reload();
  });
  return {
    setReloadHandler(step) {
      reload = step;
      if (waiting) step();
    },
  };
}

/** Calls `reload` at every SIGHUP, except when the signal comes from a closed terminal. */
export function onReloadSignal(reload: () => void): void {
  handleReloadSignal().setReloadHandler(reload);
}
