/**
 * DeviceScript's runtime for a board: downloaded, and given the board's pins, by DeviceScript's own command.
 *
 * `devs flash --remote` does that and stops before it flashes, so that esptool can be driven, and its failures explained, here.
 */
import { readdir, stat, utimes } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { StepError } from "./failure.js";
import { runProgram } from "./program.js";

export interface Image {
  readonly file: string;
  /** Where it goes in flash memory, such as `0x1000`. */
  readonly offset: string;
  /** True when there was no download, and an old copy was taken. */
  readonly old: boolean;
}

/** A slow line takes minutes for 1.3 MB, in ms. */
const WITHIN = 300_000;

const cli = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json")),
  "devicescript",
);

/**
 * The runtime for a board of `root`. DeviceScript keeps a copy for a day; when it cannot be downloaded, an older copy will do.
 * @throws StepError when there is neither
 */
export async function runtimeImage(root: string, board: string, arch: string, env = process.env): Promise<Image> {
  const first = await prepare(root, board, env);
  if (first.file) return { ...split(first.file), old: false };
  const copy = await oldCopy(root, arch);
  if (copy && isDownload(first.output)) {
    const now = new Date();
    await utimes(copy, now, now);
    const second = await prepare(root, board, env);
    if (second.file) return { ...split(second.file), old: true };
  }
  throw explain(first.output);
}

async function prepare(root: string, board: string, env: NodeJS.ProcessEnv) {
  const args = [cli, "flash", "esp32", "--board", board, "--remote"];
  const { code, output } = await runProgram(process.execPath, args, {
    cwd: root,
    // CI: it must not ask to install packages
    env: { ...env, NO_UPDATE_NOTIFIER: "1", CI: "1" },
    within: WITHIN,
  });
  // the last line that names the file alone, among those for a person
  const file =
    code === 0 ? /^\S.*-0x[0-9a-f]+\.bin\r?$/gm.exec(output.split("instructions:")[1] ?? "")?.[0] : undefined;
  return { output, file: file && path.resolve(root, file.trim()) };
}

function split(file: string): { file: string; offset: string } {
  const offset = /-(0x[0-9a-f]+)\.bin$/.exec(file)?.[1];
  return { file, offset: offset! };
}

const cacheOf = (root: string): string => path.join(root, ".devicescript", "cache");

/** The runtime as it was once downloaded; what was made from it for a board is not taken: the board may have changed. */
async function oldCopy(root: string, arch: string): Promise<string | undefined> {
  const names = await readdir(cacheOf(root)).catch(() => [] as string[]);
  const name = names.find((name) => name.startsWith(`devicescript-${arch}-${arch}_bare-`) && name.endsWith(".bin"));
  if (!name) return undefined;
  const file = path.join(cacheOf(root), name);
  const size = await stat(file).then((info) => info.size);
  return size > 0 ? file : undefined;
}

const isDownload = (output: string): boolean => /fetch failed|can't fetch/.test(output);

function explain(output: string): StepError {
  const url = /^fetch (\S+)/m.exec(output)?.[1];
  if (isDownload(output)) {
    const why = /can't fetch: (.*)/.exec(output)?.[1] ?? /\[cause\]: (?:\w*Error: )?(.*)/.exec(output)?.[1] ?? "";
    return new StepError(
      "the download",
      `DeviceScript's runtime could not be downloaded${why ? `: ${why.trim()}` : ""}.`,
      `Check the internet connection (behind a proxy, Node needs NODE_EXTRA_CA_CERTS), or download ${url ?? "it"} elsewhere into .devicescript/cache/ and try again.`, // prettier-ignore
    );
  }
  const lines = output.trim().split("\n");
  return new StepError(
    "the runtime",
    `DeviceScript could not prepare it for the board: ${lines.at(-1) ?? ""}`,
    "npm run board -- check tells what is wrong with a board; npm ci installs DeviceScript anew.",
  );
}
