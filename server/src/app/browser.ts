import type { Environment } from "../common/environment.js";
import { textOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";

/** Facts about this process that show whether a person sees what it opens. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Environment;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
}

const OWN_SURROUNDINGS: Surroundings = {
  platform: process.platform,
  env: process.env,
  isTerminal: process.stdout.isTTY,
};

/**
 * Returns whether a browser that this process opens appears in front of the person who started it: at a terminal, not
 * in CI, and not over SSH without a display. `BROWSER=none` also switches it off, as in other tools.
 */
export function isPersonPresent({ platform, env, isTerminal }: Surroundings = OWN_SURROUNDINGS): boolean {
  if (!isTerminal || (env.CI && env.CI !== "false") || env.BROWSER === "none") return false;
  const hasDisplay = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (env.SSH_CONNECTION || env.SSH_TTY) return hasDisplay;
  const needsDisplay = platform === "linux" && !env.WSL_DISTRO_NAME;
  return hasDisplay || !needsDisplay;
}

/** Opens a page in the default browser. Does nothing in a container. Logs a failure, with the page to open by hand. */
export async function openInBrowser(page: string, log: Log): Promise<void> {
  try {
    const { default: isInsideContainer } = await import("is-inside-container");
    if (isInsideContainer()) return;
    const { default: open } = await import("open");
    const browser = await open(page);
    browser.once("error", (error) => reportFailure(error));
  } catch (error) {
    reportFailure(error);
  }

  function reportFailure(error: unknown): void {
    log.info("server", `No browser could be opened (${textOf(error)}); open ${page} yourself.`);
  }
}
