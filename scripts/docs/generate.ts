/**
 * Generates the documents that follow from the contract and the boards: `docs/asyncapi.yaml`, `docs/schemas/`, and the
 * tables in `docs/reference/contract.md` and `docs/reference/hardware.md`.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import prettier from "prettier";
import { stringify } from "yaml";
import { loadBoards } from "../board/board.js";
import { createHardwarePage, HARDWARE_PAGE } from "../board/hardware-page.js";
import { fillGeneratedParts, readText, type GeneratedFiles } from "../lib/generated-files.js";
import { ROOT } from "../lib/repository.js";
import { createAsyncapi } from "./asyncapi.js";
import { createContractTables } from "./contract-tables.js";
import { readMessages } from "./messages.js";
import { createJsonSchema } from "./schema.js";

const GENERATED_NOTICE = "Generated from contract/ by `npm run docs`: changes go there.";
const SCHEMAS_FOLDER = "docs/schemas";
const CONTRACT_PAGE = "docs/reference/contract.md";

/** Returns the generated texts by their path in the repository. */
export async function generateDocuments(): Promise<GeneratedFiles> {
  const messages = readMessages();
  const files = new Map<string, string | undefined>();
  const addFormatted = async (file: string, text: string): Promise<void> => {
    const options = await prettier.resolveConfig(path.join(ROOT, file));
    files.set(file, await prettier.format(text, { ...options, filepath: file }));
  };
  // marks all old schemas for deletion; the schemas of messages that still exist replace the marks below
  for (const name of await readdir(path.join(ROOT, SCHEMAS_FOLDER)).catch(() => []))
    files.set(`${SCHEMAS_FOLDER}/${name}`, undefined);
  for (const message of messages) {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      $comment: GENERATED_NOTICE,
      ...createJsonSchema(message),
    };
    await addFormatted(`${SCHEMAS_FOLDER}/${message.file}.json`, JSON.stringify(schema));
  }
  await addFormatted(
    "docs/asyncapi.yaml",
    `# ${GENERATED_NOTICE}\n${stringify(createAsyncapi(messages), { lineWidth: 120, aliasDuplicateObjects: false })}`,
  );
  // Prettier must not reformat these pages, because people write most of their text
  files.set(CONTRACT_PAGE, fillGeneratedParts(await readText(ROOT, CONTRACT_PAGE), createContractTables(messages)));
  files.set(HARDWARE_PAGE, await createHardwarePage(ROOT, await loadBoards(ROOT)));
  return files;
}
