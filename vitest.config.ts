import { defineConfig } from "vitest/config";

/** Tests of promises that are given in seconds, or on boards that hurry: these have the machine to themselves. */
const TIMED = [
  "test/chaos/**/*.test.ts",
  "test/e2e/**/*.test.ts",
  "test/firmware/endurance.test.ts",
  "test/mqtt/{client,session-*,vm}.test.ts",
  "test/server/{cli,cluster-kill,dashboard-crowd,restart}.test.ts",
];

const shared = {
  resolve: { conditions: ["nightlight-source"] },
  ssr: { resolve: { conditions: ["nightlight-source"] } },
};

/** A machine that is slow, or shared, is no failure. */
const PATIENT = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    reporters: ["default"],
    projects: [
      {
        ...shared,
        test: {
          name: "side by side",
          include: ["test/**/*.test.ts"],
          exclude: TIMED,
          // most of them wait most of the time, for timers and other programs
          maxWorkers: 4,
          // a worker loads the sources once for all of its files
          isolate: false,
          sequence: { groupOrder: 0 },
          ...PATIENT,
        },
      },
      {
        ...shared,
        test: { name: "one by one", include: TIMED, maxWorkers: 1, sequence: { groupOrder: 1 }, ...PATIENT },
      },
    ],
  },
});
