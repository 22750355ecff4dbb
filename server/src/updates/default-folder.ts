import { fileURLToPath } from "node:url";

/** The compiled programs of a checkout, and those in the published package, relative to this file. */
const CHECKOUT_FOLDER = "../../../.devicescript/bin";
const PACKAGE_FOLDER = "../../../firmware";

/** Returns the folder with the programs for boards that belong to this server. */
export function defaultImageFolder(): string {
  const folder = import.meta.url.endsWith(".ts") ? CHECKOUT_FOLDER : PACKAGE_FOLDER;
  return fileURLToPath(new URL(folder, import.meta.url));
}
