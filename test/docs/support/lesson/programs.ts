/** Programs like those that a learner has at the end of the lesson, changed as docs/tutorials/lesson-programs.md says. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readPage } from "../pages.js";
import type { Sandbox } from "../sandbox.js";

const PAGE = "docs/tutorials/lesson-programs.md";

/**
 * Replaces the lines that the page's diff removes by the lines that it adds.
 * @throws Error when the program does not have a line that the diff removes
 */
function applyPage(program: string): string {
  const diff = /^```diff\n([^]*?)^```$/m.exec(readPage(PAGE))?.[1] ?? "";
  const changes = [...diff.matchAll(/^-(.*)\n\+(.*)$/gm)];
  if (changes.length === 0) throw new Error(`${PAGE} has no diff that replaces lines`);
  return changes.reduce((text, [, removed, added]) => {
    if (!text.includes(`\n${removed}\n`)) throw new Error(`${PAGE}: the program has no line ${removed}`);
    return text.replace(`\n${removed}\n`, `\n${added}\n`);
  }, program);
}

/** Writes a learner's program into the sandbox as `app.py`, changed as the page says and with the sandbox's port. */
export async function writeLessonProgram(sandbox: Sandbox, name: "device" | "server", id?: string): Promise<void> {
  const source = await readFile(fileURLToPath(new URL(`${name}.py`, import.meta.url)), "utf8");
  const changed = applyPage(source).replace(
    "connect('127.0.0.1')",
    `connect('127.0.0.1', ${sandbox.env.NIGHTLIGHT_MQTT_PORT})`,
  );
  const folder = path.join(sandbox.folder, "lesson", name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "app.py"), id ? changed.replace(/^id = .*$/m, `id = '${id}'`) : changed);
  await writeFile(path.join(folder, "light.txt"), "150\n");
}
