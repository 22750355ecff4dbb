import { defineConfig } from "vitest/config";

/** Tests of promises that are given in seconds: two of these share the machine. */
const TIMED = ["test/e2e/**/*.test.ts", "test/mqtt/{client,session-*,vm}.test.ts", "test/server/cli.test.ts"];

/** Tests of promises about a machine that is busy as it is, or on boards that hurry: these have it to themselves. */
const ALONE = [
  "test/chaos/**/*.test.ts",
  "test/firmware/endurance.test.ts",
  "test/server/{cluster-kill,dashboard-scale,restart}.test.ts",
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
          exclude: [...TIMED, ...ALONE],
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
        test: { name: "two by two", include: TIMED, maxWorkers: 2, sequence: { groupOrder: 1 }, ...PATIENT },
      },
      {
        ...shared,
        test: { name: "one by one", include: ALONE, maxWorkers: 1, sequence: { groupOrder: 2 }, ...PATIENT },
      },
    ],
  },
});
