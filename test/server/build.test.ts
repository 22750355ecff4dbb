/** Tests the build of the package `nightlight-server`. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/lib/repository.js";
import { runNodeScript } from "../../scripts/lib/run-program.js";
import { createTemporaryFolder } from "./support/server.js";

test("a server that does not compile leaves no output, so that the next build compiles it again", async () => {
  const folder = await createTemporaryFolder();
  await mkdir(path.join(folder, "server"));
  await writeFile(path.join(folder, "server/main.ts"), 'export const port: number = "1883";\n');
  const settings = {
    extends: path.join(ROOT, "server/tsconfig.build.json"),
    compilerOptions: { types: [], rootDir: ".", outDir: "dist" },
    include: ["server/main.ts"],
  };
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(settings));
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const { code, output } = await runNodeScript(tsc, ["-p", folder], folder);
  expect(code, output).toBeGreaterThan(0);
  expect(output).toContain("TS2322");
  expect(existsSync(path.join(folder, "dist"))).toBe(false);
});
