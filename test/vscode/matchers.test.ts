/** Tests the problem matchers, which fill VS Code's Problems view, with the real output of tasks. */
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { commandOfTask, findByName, ownMatchersOf, tasks, type Matcher } from "./support/files.js";
import { startProgram } from "./support/programs.js";

interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly code?: string;
}

/** Applies a problem matcher to each line of a task's output, as VS Code does. Returns the problems. */
function applyMatcher(output: string, { fileLocation, pattern }: Matcher, workspace: string): Problem[] {
  const regexp = new RegExp(pattern.regexp);
  return output.split(/\r?\n/).flatMap((text) => {
    const match = regexp.exec(text);
    if (!match) return [];
    const file = match[pattern.file];
    return {
      file:
        fileLocation === "absolute" ? file : path.join(fileLocation[1].replace("${workspaceFolder}", workspace), file),
      line: Number(match[pattern.line]),
      column: Number(match[pattern.column]),
      message: match[pattern.message],
      ...(pattern.code ? { code: match[pattern.code] } : {}),
    };
  });
}

/** Creates a workspace with these files, copies of the folders `copied`, and links to all installed packages. */
async function createWorkspace(files: Record<string, string>, ...copied: string[]): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "nightlight-matchers-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const name of copied) await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  const modules = path.join(folder, "node_modules");
  await mkdir(path.join(modules, "@devicescript"), { recursive: true });
  const names = (await readdir(path.join(ROOT, "node_modules"))).filter((name) => name !== "@devicescript");
  for (const name of [...names, "@devicescript/cli"])
    await symlink(path.join(ROOT, "node_modules", name), path.join(modules, name), "junction");
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return folder;
}

test("the matcher of build firmware finds errors of DeviceScript and TypeScript in all firmware files", async () => {
  const folder = await createWorkspace(
    {
      "src/main.ts": 'import { twice } from "../contract/twice.js"\n\nconst n: number = "one"\nvar text = twice(n)\ndo console.log(text)\nwhile (n < 9)\n',
      "contract/twice.ts": "export function twice(n: number): string {\n    return 2 * n\n}\n",
    }, // prettier-ignore
    ...["scripts", "flashing", "boards", "package.json", "devsconfig.json", "tsconfig.json"],
  );
  const task = findByName(tasks, "build firmware");
  const { code, output } = await startProgram(commandOfTask(task)!, { cwd: folder }).ended;
  expect([code, output]).toEqual([1, expect.stringContaining("the firmware src/main.ts does not compile")]);
  expect(applyMatcher(output, ownMatchersOf(task)[0], folder)).toEqual([
    { file: path.join(folder, "contract/twice.ts"), line: 2, column: 5, code: "TS2322", message: "Type 'number' is not assignable to type 'string'." },
    { file: path.join(folder, "src/main.ts"), line: 3, column: 7, code: "TS2322", message: "Type 'string' is not assignable to type 'number'." },
    { file: path.join(folder, "src/main.ts"), line: 4, column: 1, code: "TS9999", message: "'var' not allowed" },
    { file: path.join(folder, "src/main.ts"), line: 5, column: 1, code: "TS9999", message: "unhandled stmt type: DoStatement" },
  ]); // prettier-ignore
});

test("the matcher of test finds each failed test with its line and message", async () => {
  const text = `import { describe, expect, test } from "vitest";
describe("one, two: three", () => {
  test("differs", () => {
    expect({ a: 1 }).toEqual({ a: 2 });
  });
  test("throws", () => {
    throw new TypeError("first line\\nsecond");
  });
  test("is right", () => {});
});
`;
  const folder = await createWorkspace({ "a.test.ts": text, "package.json": '{ "type": "module", "scripts": { "test": "vitest run" } }' }); // prettier-ignore
  const task = findByName(tasks, "test");
  const { code, output } = await startProgram(commandOfTask(task)!, { cwd: folder }).ended;
  expect(code).toBe(1);
  const file = path.join(folder, "a.test.ts");
  expect(applyMatcher(output, ownMatchersOf(task)[0], folder)).toEqual([
    { file, line: 4, column: 22, message: "AssertionError: expected { a: 1 } to deeply equal { a: 2 }" },
    { file, line: 7, column: 11, message: "TypeError: first line" },
  ]);
});

test("the matchers find no problem in the output of a successful build", async () => {
  const { code, output } = await startProgram(commandOfTask(findByName(tasks, "build firmware"))!).ended;
  expect(code).toBe(0);
  for (const matcher of tasks.flatMap(ownMatchersOf)) expect(applyMatcher(output, matcher, ROOT)).toEqual([]);
});
