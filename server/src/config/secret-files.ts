import { readFileSync } from "node:fs";
import { checkFileExposure } from "../security/file-modes.js";
import type { LoadedConfiguration } from "./load.js";

/**
 * Returns a warning for each file with a secret that every user of the machine can read. Checks the configuration file,
 * if it contains a secret, and the files with secrets that it names.
 */
export function exposedFileWarnings({
  file,
  configuration,
}: Pick<LoadedConfiguration, "file" | "configuration">): string[] {
  const { broker, state, history, alerts } = configuration;
  const urls = [broker.url, state, history ? history.url : undefined];
  const ofAlerts = [alerts.webhook, alerts.webhook_authorization, alerts.ntfy, alerts.ntfy_token];
  const secrets = [broker.password, ...ofAlerts, ...urls.filter((url) => url !== undefined && hasPassword(url))];
  const found: string[] = [];
  if (file !== undefined && containsSecret(file, secrets)) found.push(checkFileExposure("the passwords", file));
  if (broker.password_file !== undefined) found.push(checkFileExposure("the broker's password", broker.password_file));
  for (const name of [alerts.webhook_authorization_file, alerts.ntfy_token_file])
    if (name !== undefined) found.push(checkFileExposure("a secret", name));
  return found.filter((sentence) => sentence !== "");
}

function hasPassword(url: string): boolean {
  return URL.canParse(url) && new URL(url).password !== "";
}

/**
 * Returns whether a file contains any of the secrets. The configuration file may contain none of them, because secrets
 * can also come from flags or the environment.
 */
function containsSecret(file: string, secrets: readonly (string | undefined)[]): boolean {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Somebody has removed the file since the server loaded it, so it exposes nothing.
    return false;
  }
  return secrets.some((secret) => secret && text.includes(secret));
}
