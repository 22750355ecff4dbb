import { expect, test } from "vitest";
import { isPersonPresent, type Surroundings } from "../../server/src/app/browser.js";

const describePlace = (platform: NodeJS.Platform, env: Record<string, string>, isTerminal = true): Surroundings => ({
  platform,
  env,
  isTerminal,
});

test.each([
  ["a terminal on macOS", describePlace("darwin", {})],
  ["a terminal on Windows", describePlace("win32", {})],
  ["a terminal on a Linux desktop", describePlace("linux", { DISPLAY: ":0" })],
  ["a terminal on a Linux desktop with Wayland", describePlace("linux", { WAYLAND_DISPLAY: "wayland-0" })],
  ["a terminal in WSL", describePlace("linux", { WSL_DISTRO_NAME: "Ubuntu" })],
  ["SSH with a forwarded display", describePlace("linux", { SSH_CONNECTION: "a b c d", DISPLAY: "localhost:10" })],
])("the server opens a browser at %s", (_place, surroundings) => {
  expect(isPersonPresent(surroundings)).toBe(true);
});

test.each([
  ["a pipe or a service", describePlace("darwin", {}, false)],
  ["CI", describePlace("darwin", { CI: "true" })],
  ["SSH", describePlace("darwin", { SSH_CONNECTION: "a b c d" })],
  ["a Linux machine without a display", describePlace("linux", {})],
  ["a terminal with BROWSER=none", describePlace("darwin", { BROWSER: "none" })],
])("the server does not open a browser at %s", (_place, surroundings) => {
  expect(isPersonPresent(surroundings)).toBe(false);
});
