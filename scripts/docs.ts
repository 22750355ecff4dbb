/**
 * `npm run docs`: writes what is generated from the contract: `docs/asyncapi.yaml`, `docs/schemas/`, and the tables in
 * `docs/reference/contract.md`. `npm run docs -- --check` writes nothing, and fails when something is out of date.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import prettier from "prettier";
import { stringify } from "yaml";
import { ROOT } from "./build.js";
import { asyncapi } from "./docs/asyncapi.js";
import { contractParts, fill } from "./docs/markdown.js";
import { readMessages } from "./docs/messages.js";
import { jsonSchema } from "./docs/schema.js";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";

const GENERATED = "Generated from contract/ by `npm run docs`: changes go there.";
const SCHEMAS = "docs/schemas";
const CONTRACT = "docs/reference/contract.md";

/** The generated files, by their path in the repository; undefined: it is not to be there any more. */
export async function generate(): Promise<Map<string, string | undefined>> {
  const messages = readMessages();
  const files = new Map<string, string | undefined>();
  const add = async (file: string, text: string): Promise<void> => {
    const options = await prettier.resolveConfig(path.join(ROOT, file));
    files.set(file, await prettier.format(text, { ...options, filepath: file }));
  };
  for (const name of await readdir(path.join(ROOT, SCHEMAS)).catch(() => []))
    files.set(`${SCHEMAS}/${name}`, undefined);
  for (const message of messages) {
    const schema = { $schema: "http://json-schema.org/draft-07/schema#", $comment: GENERATED, ...jsonSchema(message) };
    await add(`${SCHEMAS}/${message.file}.json`, JSON.stringify(schema));
  }
  await add(
    "docs/asyncapi.yaml",
    `# ${GENERATED}\n${stringify(asyncapi(messages), { lineWidth: 120, aliasDuplicateObjects: false })}`,
  );
  // not formatted: people write the rest of it
  files.set(CONTRACT, fill(await read(CONTRACT), contractParts(messages)));
  return files;
}

/** The files that are not as they are to be. */
export async function outdated(files: ReadonlyMap<string, string | undefined>): Promise<string[]> {
  const found: string[] = [];
  for (const [file, text] of files) if ((await read(file).catch(() => undefined)) !== text) found.push(file);
  return found;
}

/** A file of the repository, whichever way git ends its lines on this platform. */
async function read(file: string): Promise<string> {
  return (await readFile(path.join(ROOT, file), "utf8")).replaceAll("\r\n", "\n");
}

async function main(args: string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== "--check");
  if (unknown) throw new Error(`npm run docs knows --check, and not "${unknown}"`);
  const files = await generate();
  const old = await outdated(files);
  if (args.includes("--check")) {
    if (old.length > 0) throw new Error(`Out of date: ${old.join(", ")}. npm run docs writes them anew.`);
    return;
  }
  await mkdir(path.join(ROOT, SCHEMAS), { recursive: true });
  for (const file of old) {
    const text = files.get(file);
    if (text === undefined) await rm(path.join(ROOT, file));
    else await writeFile(path.join(ROOT, file), text);
    console.log(`${text === undefined ? "removed" : "wrote"} ${file}`);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  endOnOutputErrors();
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
