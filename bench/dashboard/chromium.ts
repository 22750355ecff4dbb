/** Finds and starts an installed Chromium; never downloads one. */
import { existsSync } from "node:fs";
import path from "node:path";
import { chromium, type Browser } from "playwright-core";

const { env } = process;

const CHROMIUM_PATHS: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map((name) => `/usr/bin/${name}`),
  darwin: ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`),
  win32: [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA].flatMap((folder) =>
    folder ? [path.join(folder, "Google/Chrome/Application/chrome.exe")] : [],
  ),
};

export const CHROMIUM_INSTALL_HINT = "apt-get install chromium, or name one in NIGHTLIGHT_CHROMIUM";

/** Returns the path from `NIGHTLIGHT_CHROMIUM`, or the first usual path that exists; undefined without Chromium. */
export function findChromium(): string | undefined {
  return [env.NIGHTLIGHT_CHROMIUM ?? "", ...(CHROMIUM_PATHS[process.platform] ?? [])].find((file) => existsSync(file));
}

/** Starts Chromium headless, without background network requests. */
export function startChromium(executablePath: string): Promise<Browser> {
  const args = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
  return chromium.launch({ executablePath, args });
}
