/** `npm run docs`: writes the generated documents. With `--check`, writes nothing and fails when a document is out of date. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { endOnOutputErrors } from "../server/src/app/output-errors.js";
import { generateDocuments } from "./docs/generate.js";
import { findOutdated } from "./lib/generated-files.js";
import { ROOT } from "./lib/repository.js";

async function updateDocuments({ check = false }: { check?: boolean }): Promise<void> {
  const files = await generateDocuments();
  const old = await findOutdated(ROOT, files);
  if (check) {
    if (old.length > 0) throw new Error(`Out of date: ${old.join(", ")}. Run npm run docs.`);
    return;
  }
  for (const file of old) {
    const text = files.get(file);
    if (text === undefined) await rm(path.join(ROOT, file));
    else {
      await mkdir(path.dirname(path.join(ROOT, file)), { recursive: true });
      await writeFile(path.join(ROOT, file), text);
    }
    console.log(`${text === undefined ? "removed" : "wrote"} ${file}`);
  }
}

endOnOutputErrors();
await new Command("npm run docs --")
  .description("Write the generated documents: tables, schemas and the AsyncAPI document.")
  .option("--check", "write nothing, and fail when a document is out of date")
  .allowExcessArguments(false)
  .action(updateDocuments)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
