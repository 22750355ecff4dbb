/** Runs npm and npx in tests. */
import { spawn } from "node:child_process";
import { once } from "node:events";

interface ProgramResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs npm or npx until it exits. */
export async function runNpm(program: "npm" | "npx", args: string[], cwd: string): Promise<ProgramResult> {
  // on Windows npm is a script, which requires a shell
  const child = spawn(program, args, { cwd, shell: process.platform === "win32", stdio: ["ignore", "pipe", "pipe"] });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.err += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...output };
}
