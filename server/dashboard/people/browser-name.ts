/** Names the browser of a login session. Does not use the DOM. */

const BROWSERS = [
  ["Edge", /\bEdgA?\//],
  ["Opera", /\bOPR\//],
  ["Firefox", /\bFirefox\//],
  ["Chrome", /\b(Chrome|Chromium|CriOS|HeadlessChrome)\//],
  ["Safari", /\bSafari\//],
] as const;

const OPERATING_SYSTEMS = [
  ["Android", /\bAndroid\b/],
  ["iPhone", /\biPhone\b/],
  ["iPad", /\biPad\b/],
  ["Windows", /\bWindows\b/],
  ["macOS", /\bMac OS X\b/],
  ["Linux", /\bLinux\b/],
] as const;

/**
 * Returns the names of the browser and the operating system in a `User-Agent` header, such as `Firefox, Linux`. For an
 * unknown program, returns the beginning of the header.
 */
export function browserNameOf(userAgent: string): string {
  const findName = (names: readonly (readonly [string, RegExp])[]): string | undefined =>
    names.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const names = [findName(BROWSERS), findName(OPERATING_SYSTEMS)].filter((name) => name !== undefined);
  return names.join(", ") || userAgent.slice(0, 40);
}
