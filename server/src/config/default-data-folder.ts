import { homedir } from "node:os";
import path from "node:path";
import type { Environment } from "../common/environment.js";

/** Returns the home folder of this user; the root folder for an account that has none, such as in some containers. */
function homeFolder(): string {
  try {
    return homedir() || path.parse(process.cwd()).root;
  } catch {
    return path.parse(process.cwd()).root;
  }
}

/** The folder in which the platform keeps data of this user's programs. */
function userDataFolder(env: Environment, platform: NodeJS.Platform): string {
  const home = homeFolder();
  if (platform === "win32") return env.LOCALAPPDATA || path.join(home, "AppData", "Local");
  // The XDG Base Directory Specification says to ignore a relative path.
  if (env.XDG_DATA_HOME && path.isAbsolute(env.XDG_DATA_HOME)) return env.XDG_DATA_HOME;
  return platform === "darwin" ? path.join(home, "Library", "Application Support") : path.join(home, ".local", "share");
}

/**
 * Returns the data folder that the server uses by default: `~/.local/share/nightlight` or `$XDG_DATA_HOME/nightlight`,
 * `~/Library/Application Support/nightlight` on macOS, `%LOCALAPPDATA%\nightlight` on Windows.
 */
export function defaultDataFolder(env: Environment = process.env, platform = process.platform): string {
  return path.join(userDataFolder(env, platform), "nightlight");
}
