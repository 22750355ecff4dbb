import { isatty } from "node:tty";

/** The file descriptors that may be a terminal: standard input, output and error. */
const STREAMS = [0, 1, 2];

/** Controls what SIGHUP does. */
export interface ReloadSignal {
  /** Calls `reload` at every SIGHUP. Also calls `reload` immediately if a SIGHUP has arrived earlier. */
  setReloadHandler(reload: () => void): void;
}

/**
 * Handles SIGHUP. When SIGHUP comes from a closed terminal, the program ends as with SIGTERM. Windows sends SIGHUP only
 * when the terminal closes, so the function does nothing on Windows.
 */
export function handleReloadSignal(): ReloadSignal {
  if (process.platform === "win32") return { setReloadHandler() {} };
  const terminals = STREAMS.filter((stream) => isatty(stream));
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
