/** `npm run bench [-- part … --help]`: runs the chosen benchmarks, prints their tables, and writes them into docs/. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine } from "./machine.js";
import { createCommandLine, parseOptions } from "./options.js";
import { PART_DEFINITIONS } from "./parts.js";
import { updateGeneratedTable } from "./page.js";

const DOCS_FOLDER = fileURLToPath(new URL("../docs", import.meta.url));
const print = (text: string): void => console.error(text);

const options = parseOptions(createCommandLine().parse());
const startedAt = performance.now();
print(describeMachine());
for (const part of options.parts)
  try {
    const { page, run } = PART_DEFINITIONS[part];
    const { text, plots = {} } = await run(options, print);
    console.log(`\n## ${part}\n\n${text}\n`);
    if (!options.write) continue;
    await updateGeneratedTable(
      path.join(DOCS_FOLDER, page),
      `npm run bench -- ${part} --write`,
      page === "internals/benchmarks.md" ? `${describeMachine()}\n\n${text}` : text,
    );
    for (const [file, svg] of Object.entries(plots))
      if (svg !== undefined) await writeFile(path.join(DOCS_FOLDER, file), svg);
    print(`Updated docs/${page}.`);
  } catch (error) {
    // prints the failure and continues, because a failed part does not affect the other parts
    print(`${part} failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
print(`${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
