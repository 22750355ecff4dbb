/** Runs every command with `--help`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { commandNameFor } from "../../server/src/common/command-name.js";

/** Scripts of package.json that run other programs, whose `--help` describes these programs. */
const OTHER_PROGRAMS = new Set(["format", "prepare", "test", "test:all"]);

const SERVER_SUBCOMMANDS = [
  ...["config", "config check", "config print", "config init", "config schema"],
  ...["user", "user add", "user password", "user token", "user remove", "user list"],
  ...["sessions", "sessions list", "sessions end"],
];

const { scripts } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Runs the command of a script with `--help`, as npm does. Loading npm itself would double the time. */
async function readHelp(script: string, subcommand = ""): Promise<{ code: number; out: string }> {
  const [program, ...args] = scripts[script].split(" ");
  expect(program).toBe("tsx");
  const child = spawn(
    process.execPath,
    ["--import", "tsx", ...args, ...subcommand.split(" ").filter(Boolean), "--help"],
    { cwd: ROOT, env: { ...process.env, npm_lifecycle_event: script }, stdio: ["ignore", "pipe", "inherit"] },
  );
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, out };
}

/** Returns the commands that begin a line of the section "Examples", without their flags. */
const listExamples = (help: string): string[] =>
  [...(help.split("\nExamples:\n")[1] ?? "").matchAll(/^ +\$? ?(npm (?:start|run \S+)|nightlight-server)/gm)].map(
    ([, command]) => command,
  );

describe.concurrent("--help describes the command itself, and starts nothing", () => {
  const names = Object.keys(scripts).filter((name) => !OTHER_PROGRAMS.has(name));
  test.each(names)("%s", async (name) => {
    const { code, out } = await readHelp(name);
    const command = name === "start" ? "npm start" : `npm run ${name}`;
    expect(out).toMatch(new RegExp(`^Usage: ${command} -- `));
    for (const example of listExamples(out)) expect(example).toBe(command);
    expect(code).toBe(0);
  });

  test.each(SERVER_SUBCOMMANDS)("server %s", async (subcommand) => {
    const { code, out } = await readHelp("server", subcommand);
    expect(out).toMatch(new RegExp(`^Usage: npm run server -- ${subcommand} `));
    expect(out).not.toContain("--mqtt-port");
    expect(code).toBe(0);
  });
});

test.each([
  [path.resolve("/checkout/server/src/common/command-name.ts"), "npm run server --"],
  [path.resolve("/me/app/node_modules/nightlight-server/dist/command-name.js"), "npx nightlight-server"],
  [path.resolve("/me/.npm/_npx/1f/node_modules/nightlight-server/dist/command-name.js"), "npx nightlight-server"],
  [path.resolve("/usr/lib/node_modules/nightlight-server/dist/command-name.js"), "nightlight-server"],
])("hints of a program in %s name the command %s", (file, command) => {
  expect(commandNameFor(file, path.resolve("/me/app"))).toBe(command);
});
