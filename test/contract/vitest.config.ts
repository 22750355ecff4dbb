/** Runs the tests of this folder without building anything first: `npx vitest run --root test/contract`. */
import { defineConfig } from "vitest/config";

export default defineConfig({});
