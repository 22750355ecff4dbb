import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["nightlight-source"] },
  ssr: { resolve: { conditions: ["nightlight-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    reporters: ["default"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
