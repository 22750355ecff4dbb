import type { LoadedConfiguration } from "../config/load.js";
import { toLocalUrlHost } from "../common/hosts.js";
import type { Log } from "../observability/log.js";
import { isPersonPresent, openInBrowser } from "./browser.js";

/**
 * Logs that the server is ready, and opens the dashboard in the browser if a person has started the server at a
 * terminal.
 * @param httpUrl the address of the dashboard; undefined without HTTP
 */
export function announceReady(
  { configuration: { host, open } }: Pick<LoadedConfiguration, "configuration">,
  log: Log,
  httpUrl: string | undefined,
): void {
  if (httpUrl === undefined) return log.info("server", "Ready: press Ctrl+C to stop", { ready: true });
  const page = toLocalPage(httpUrl, host);
  log.info("server", `Ready: open ${page}, press Ctrl+C to stop`, { ready: true, page });
  if (open && isPersonPresent()) void openInBrowser(page, log);
}

/** Returns the address of the dashboard for a browser on this machine. */
function toLocalPage(httpUrl: string, host: string): string {
  // A certificate names the host of the address. An IPv6 address with a zone, such as fe80::1%eth0, is no valid URL.
  if (httpUrl.startsWith("https:") || !URL.canParse(httpUrl)) return httpUrl;
  const url = new URL(httpUrl);
  url.hostname = toLocalUrlHost(host);
  return url.origin;
}
