/**
 * Prepares the image of DeviceScript's runtime for a board: downloads the runtime and adds the board's pins.
 *
 * `devs flash --remote` does the work and stops before flashing. This project then runs esptool itself to explain its failures.
 */
import { readdir, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { CLI_SCRIPT } from "../lib/devicescript-cli.js";
import { runProgram } from "../lib/run-program.js";
import { StepError } from "../lib/step-error.js";

/** An image file for a board's flash memory. */
export interface Image {
  readonly file: string;
  /** The address in flash memory, such as `0x1000`. */
  readonly offset: string;
  /** True when the download failed and a copy from an earlier day is used. */
  readonly isOldCopy: boolean;
}

/** Time limit in ms for the download of 1.3 MB, which takes minutes on a slow connection. */
const DOWNLOAD_TIMEOUT = 300_000;

/**
 * Returns the runtime image for a board. DeviceScript caches the download for a day; when a new download fails, the old copy
 * is used.
 * @param root the repository's folder
 * @param arch the board's chip, such as `esp32c3`
 * @throws StepError when there is neither a download nor an old copy
 */
export async function prepareRuntimeImage(
  root: string,
  board: string,
  arch: string,
  env = process.env,
): Promise<Image> {
  const first = await runPreparation(root, board, env);
  if (first.file) return { ...splitOffset(first.file), isOldCopy: false };
  const copy = await findOldDownload(root, arch);
  if (copy && isDownloadFailure(first.output)) {
    // a fresh modification time makes DeviceScript accept the old copy
    const now = new Date();
    await utimes(copy, now, now);
    const second = await runPreparation(root, board, env);
    if (second.file) return { ...splitOffset(second.file), isOldCopy: true };
  }
  throw explainFailure(first.output);
}

async function runPreparation(root: string, board: string, env: NodeJS.ProcessEnv) {
  const args = [CLI_SCRIPT, "flash", "esp32", "--board", board, "--remote"];
  const { code, output } = await runProgram(process.execPath, args, {
    cwd: root,
    // CI keeps the command from asking to install packages
    env: { ...env, NO_UPDATE_NOTIFIER: "1", CI: "1" },
    within: DOWNLOAD_TIMEOUT,
  });
  // the command prints the image file's name on a separate line after "instructions:"
  const file =
    code === 0 ? /^\S.*-0x[0-9a-f]+\.bin\r?$/gm.exec(output.split("instructions:")[1] ?? "")?.[0] : undefined;
  return { output, file: file && path.resolve(root, file.trim()) };
}

function splitOffset(file: string): { file: string; offset: string } {
  const offset = /-(0x[0-9a-f]+)\.bin$/.exec(file)?.[1];
  return { file, offset: offset! };
}

const cacheFolderOf = (root: string): string => path.join(root, ".devicescript", "cache");

/** Finds an old download of the runtime. Images for single boards do not count: the board may have changed. */
async function findOldDownload(root: string, arch: string): Promise<string | undefined> {
  const names = await readdir(cacheFolderOf(root)).catch(() => [] as string[]);
  const name = names.find((name) => name.startsWith(`devicescript-${arch}-${arch}_bare-`) && name.endsWith(".bin"));
  if (!name) return undefined;
  const file = path.join(cacheFolderOf(root), name);
  const size = await stat(file).then((info) => info.size);
  return size > 0 ? file : undefined;
}

const isDownloadFailure = (output: string): boolean => /fetch failed|can't fetch/.test(output);

function explainFailure(output: string): StepError {
  const url = /^fetch (\S+)/m.exec(output)?.[1];
  if (isDownloadFailure(output)) {
    const why = /can't fetch: (.*)/.exec(output)?.[1] ?? /\[cause\]: (?:\w*Error: )?(.*)/.exec(output)?.[1] ?? "";
    return new StepError(
      "the download",
      `DeviceScript's runtime could not be downloaded${why ? `: ${why.trim()}` : ""}.`,
      `Check the internet connection (behind a proxy, Node needs NODE_EXTRA_CA_CERTS), or put a copy of ${url ?? "the runtime"} into .devicescript/cache/ and try again.`, // prettier-ignore
    );
  }
  const lines = output.trim().split("\n");
  return new StepError(
    "the runtime",
    `DeviceScript could not prepare the image for the board: ${lines.at(-1) ?? ""}`,
    "npm run board -- check finds mistakes in board files; npm ci reinstalls DeviceScript.",
  );
}
