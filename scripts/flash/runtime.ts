/**
 * Gets DeviceScript's runtime for a chip: a local file, or a verified copy in `.devicescript/cache/`, which is downloaded once.
 *
 * `flashing/runtimes.json` has the address for each chip, and the checksum once a maintainer has pinned it.
 */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isImageFor } from "../../flashing/board-image.js";
import { messageOf, StepError } from "../../flashing/step-error.js";
import {
  describeNetworkError,
  downloadRuntime,
  RuntimeChecksumError,
  RuntimeDownloadError,
  runtimeNameOf,
  RuntimeStore,
  sha256Of,
  type RuntimeOrigin,
  type RuntimeSource,
  type RuntimeSources,
} from "../../server/src/http/flashing/runtime-store.js";

/** A runtime in memory. */
export interface Runtime {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where the runtime comes from and how it was verified, as a sentence. */
  readonly origin: string;
}

export interface RuntimeOptions {
  /** The repository's folder. */
  readonly root: string;
  readonly sources: RuntimeSources;
  readonly fetch: typeof fetch;
  /** Uses this local file instead of the cache and the download. */
  readonly file?: string;
}

const SOURCES_FILE = "flashing/runtimes.json";

const ORIGINS: Readonly<Record<RuntimeOrigin, string>> = {
  copy: "Using the verified copy in .devicescript/cache.",
  "first-copy": "Using the copy in .devicescript/cache, and recording its checksum.",
  download: "Downloaded and verified.",
  "repeated-download": "Downloaded: it is the same as the first download.",
  "first-download": `Downloaded. Its checksum is not pinned in ${SOURCES_FILE}, so it is recorded: later downloads must be the same.`,
};

/** Reads the table of runtimes in the repository. */
export const loadRuntimeSources = async (root: string): Promise<RuntimeSources> =>
  JSON.parse(await readFile(path.join(root, SOURCES_FILE), "utf8")) as RuntimeSources;

/**
 * Gets the runtime for a chip.
 * @throws StepError when there is neither a valid copy nor a download, or when the download has another checksum
 */
export async function getRuntime(arch: string, { root, sources, fetch, file }: RuntimeOptions): Promise<Runtime> {
  const source = sources[arch];
  if (!source) throw new StepError("the runtime", `There is no runtime for the chip ${arch}.`, `Add it to ${SOURCES_FILE}.`); // prettier-ignore
  if (file !== undefined) return { name: runtimeNameOf(source), ...(await readLocalFile(file, arch, source)) };
  const store = new RuntimeStore(path.join(root, ".devicescript", "cache"), fetch);
  try {
    const { name, bytes, origin, problem } = await store.get(arch, source);
    return { name, bytes, origin: problem ? `${ORIGINS[origin]} ${problem}` : ORIGINS[origin] };
  } catch (error) {
    if (error instanceof RuntimeChecksumError) throw explainMismatch(error);
    if (!(error instanceof RuntimeDownloadError)) throw error;
    const name = runtimeNameOf(source);
    const isUnusable = (await store.read(name)) !== undefined;
    throw explainDownload(error, isUnusable ? ` The copy of ${name} in .devicescript/cache is not used, because it is damaged or another file.` : ""); // prettier-ignore
  }
}

/**
 * Downloads all runtimes and writes their checksums and addresses of their release into the repository's table.
 * @returns the chips with their checksums
 */
export async function pinRuntimes(root: string, fetch: typeof globalThis.fetch): Promise<RuntimeSources> {
  const sources = await loadRuntimeSources(root);
  const pinned: Record<string, RuntimeSource> = {};
  try {
    for (const [arch, { url }] of Object.entries(sources)) {
      const released = await resolveRelease(url, fetch);
      pinned[arch] = { url: released, sha256: sha256Of(await downloadRuntime(released, arch, fetch)) };
    }
  } catch (error) {
    throw error instanceof RuntimeDownloadError ? explainDownload(error) : error;
  }
  await writeFile(path.join(root, SOURCES_FILE), JSON.stringify(pinned, undefined, 2) + "\n");
  return pinned;
}

/** Resolves the address of the latest release to that of the release with its version, which never changes. */
async function resolveRelease(url: string, fetch: typeof globalThis.fetch): Promise<string> {
  if (!url.includes("/releases/latest/")) return url;
  const response = await fetch(url, { method: "HEAD", redirect: "manual" }).catch((error: unknown) => {
    throw new RuntimeDownloadError(url, describeNetworkError(error));
  });
  const location = response.headers.get("location");
  if (location?.includes("/releases/download/")) return new URL(location, url).href;
  throw new RuntimeDownloadError(url, `the server names no release (status ${response.status})`);
}

async function readLocalFile(file: string, arch: string, { url, sha256 }: RuntimeSource) {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new StepError("the runtime", `${file} cannot be read: ${messageOf(error)}`, `Give the path of a copy of ${url}.`); // prettier-ignore
  });
  if (!isImageFor(arch, bytes))
    throw new StepError("the runtime", `${file} is not a runtime for the chip ${arch}.`, `Use a copy of ${url}.`);
  const verified = sha256 && sha256 === sha256Of(bytes);
  return { bytes, origin: `Using ${file}${verified ? ", which has the pinned checksum" : " without verification"}.` };
}

const explainDownload = ({ url, reason }: RuntimeDownloadError, note = ""): StepError =>
  new StepError(
    "the download",
    `DeviceScript's runtime could not be downloaded: ${reason}.${note}`,
    `Check the internet connection (behind a proxy, Node needs NODE_EXTRA_CA_CERTS). Or download ${url} on another computer and give the copy: --file PATH.`,
  );

const explainMismatch = ({ source: { url, sha256 }, actual, expected }: RuntimeChecksumError): StepError =>
  new StepError(
    "the download",
    `${url} has the SHA-256 ${actual}, but ${sha256 ? "the pinned one" : "that of the first download"} is ${expected}. Nothing was written.`,
    sha256
      ? "Try another network. If the difference remains, please report it."
      : "Try another network. If you expect a new release of the runtime, delete .devicescript/cache/checksums.json and repeat the command.",
  );
