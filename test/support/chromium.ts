/** A real browser for the tests of the dashboard. */
import { existsSync } from "node:fs";
import path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";

const { env } = process;

const USUAL: Partial<Record<NodeJS.Platform, string[]>> = {
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
 * Chromium or one of its kind: `NIGHTLIGHT_CHROMIUM`, or where it usually is. Undefined when there is none.
 * @throws Error when `NIGHTLIGHT_CHROMIUM` names nothing, and when there is none though `NIGHTLIGHT_TEST_ALL` is set.
 */
export function findChromium(): string | undefined {
  const named = env.NIGHTLIGHT_CHROMIUM;
  if (named && !existsSync(named)) throw new Error(`NIGHTLIGHT_CHROMIUM names ${named}, and there is no such file`);
  const found = named || (USUAL[process.platform] ?? []).find((file) => existsSync(file));
  if (!found && env.NIGHTLIGHT_TEST_ALL)
    throw new Error(
      "no Chromium was found, and NIGHTLIGHT_TEST_ALL allows no skipping: name one in NIGHTLIGHT_CHROMIUM",
    );
  return found;
}

/** Where the browser is, and what to call tests that need it: their name says why they are skipped. */
export const chromiumPath = findChromium();
export const chromiumNote = chromiumPath ? "" : " (skipped: no Chromium here; name one in NIGHTLIGHT_CHROMIUM)";

/** Starts it, without a window, calling nobody. @param args further flags */
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

/** A page, under the content security policy that it comes with, and all that it and the browser complained about. */
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
