/** Finds and starts Chromium for tests of the dashboard. */
import { existsSync } from "node:fs";
import path from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

const { env } = process;

const USUAL_PATHS: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"].map(
    (name) => `/usr/bin/${name}`,
  ),
  darwin: ["Google Chrome", "Chromium", "Microsoft Edge"].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  ),
  win32: [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA].flatMap((folder) =>
    folder
      ? ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"].map((name) =>
          path.join(folder, name),
        )
      : [],
  ),
};

/**
 * Returns the path of a Chromium-based browser: `NIGHTLIGHT_CHROMIUM`, or the first usual path that exists.
 * @throws Error when `NIGHTLIGHT_CHROMIUM` does not exist, or when no browser exists and `NIGHTLIGHT_TEST_ALL` is set.
 */
export function findChromium(): string | undefined {
  const named = env.NIGHTLIGHT_CHROMIUM;
  if (named && !existsSync(named)) throw new Error(`NIGHTLIGHT_CHROMIUM is ${named}, but that file does not exist.`);
  const found = named || (USUAL_PATHS[process.platform] ?? []).find((file) => existsSync(file));
  if (!found && env.NIGHTLIGHT_TEST_ALL)
    throw new Error(
      "Chromium is not installed, and NIGHTLIGHT_TEST_ALL forbids skipping tests. Set NIGHTLIGHT_CHROMIUM to its path.",
    );
  return found;
}

/** The browser's path; undefined when no browser is installed. */
export const chromiumPath = findChromium();
/** A suffix for names of tests that need a browser. It says why the tests are skipped; "" if a browser is installed. */
export const chromiumNote = chromiumPath ? "" : " (skipped: Chromium is not installed; set NIGHTLIGHT_CHROMIUM)";

/** Starts Chromium headless, without background network requests. @param args additional flags */
export function startChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });
}

/** Opens a page. Records script errors, console warnings, dialogs, and requests to other origins as complaints. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Closes a page. Handlers of its requests may still run; their errors must not fail the test that runs next. */
export async function closePage(page: Page): Promise<void> {
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.close();
}

/** Closes a browser context with its pages, like `closePage`. */
export async function closeContext(context: BrowserContext): Promise<void> {
  await Promise.all(context.pages().map(closePage));
  await context.close();
}
