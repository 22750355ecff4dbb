import { defineConfig } from "vitest/config";
import { LongestFirstSequencer } from "./test/support/longest-first.js";
import { RETRY, RetryReporter } from "./test/support/retry.js";

/** Test files with time limits of some seconds. At most two of these files run at the same time. */
const TIMED_TESTS = [
  "test/chaos/{accounts,chaos,proxy}.test.ts",
  "test/e2e/**/*.test.ts",
  "test/firmware/{endurance,keep-alive,wrap-restart}.test.ts",
  "test/mqtt/{client,session-*,vm}.test.ts",
  "test/server/cli.test.ts",
  "test/sim/machine.test.ts",
];

/** Test files with the tightest time limits. Each of these files runs alone. */
const DEMANDING_TESTS = ["test/chaos/promises.test.ts", "test/server/{cluster-kill,dashboard-scale,restart}.test.ts"];

/** Test files that take more than 15 s on two cores. `npm test` omits them, `TIMED_TESTS` and `DEMANDING_TESTS`. */
const LONG_TESTS = [
  "test/bench/loop.test.ts",
  "test/boards/{add,memory}.test.ts",
  "test/docs/{page-commands,protocols,tutorials}.test.ts",
  "test/docs/scenarios/*.test.ts",
  "test/firmware/{flicker,settings,vectors}.test.ts",
  "test/flash/{browser,flash,monitor,serial,session}.test.ts",
  "test/mqtt/{example,misbehaving-broker}.test.ts",
  "test/packages/*.test.ts",
  "test/server/{accounts,actions,alerts-messages,broker-accounts,broker-fuzz,broker-limits,clock-set,command-output,disk-full}.test.ts",
  "test/server/{cluster,cluster-memory,cluster-secured,persistence,remote,reverse-proxy}.test.ts",
  "test/server/{dashboard,dashboard-access,dashboard-alerts,dashboard-contested,dashboard-details,dashboard-languages,dashboard-pages,dashboard-settings,dashboard-tabs,dashboard-unsaved,dashboard-updates,login-page}.test.ts",
  "test/server/{history,history-answers,history-kill,history-postgres,history-switches,journal}.test.ts",
  "test/server/{http,http-fuzz,ingress,openapi,openapi-accounts,pack,packaging,people-api,people-fuzz,people-page}.test.ts",
  "test/server/{config-edit-property,first-administrator,remote-broker,secrets,settings-api}.test.ts",
  "test/server/broker/{messages,retained-kill,sessions}.test.ts",
  "test/server/mqtt/{socket,transport}.test.ts",
  "test/server/security/password-check.test.ts",
  "test/sim/{board,fleet,network}.test.ts",
  "test/sim/fleet/{fleet,main}.test.ts",
  "test/vscode/{commands,extension}.test.ts",
];

/**
 * Test files that simulate all timers. Each of these files has a worker of its own, because a timer that another file
 * left behind would run thousands of times when the test advances the time by minutes.
 */
const SIMULATED_TIME_TESTS = [
  "test/server/{decision-publisher,homeassistant,lamps,log,zones}.test.ts",
  "test/server/alerts/{alerts,delivery}.test.ts",
  "test/server/updates/returning-boards.test.ts",
];

/** The most important test: real firmware, a real broker and the server in one file. `npm test` includes this file. */
const ESSENTIAL_TEST = "test/e2e/nightlight.test.ts";

const SHARED_OPTIONS = {
  resolve: { conditions: ["nightlight-source"] },
  ssr: { resolve: { conditions: ["nightlight-source"] } },
};

/** Generous timeouts in ms, because a slow or shared machine must not make tests fail. */
const LONG_TIMEOUTS = { testTimeout: 120_000, hookTimeout: 120_000, retry: RETRY };

/** Four workers can share two cores, because most of these tests mainly wait for timers and other programs. */
const PARALLEL_OPTIONS = {
  maxWorkers: 4,
  // Without isolation, a worker loads the sources only once for all of its test files.
  isolate: false,
  sequence: { groupOrder: 0 },
  ...LONG_TIMEOUTS,
};

/** Options of test files with time limits. They start after all parallel files, so that the machine is not busy. */
const TIMED_OPTIONS = { maxWorkers: 2, sequence: { groupOrder: 1 }, ...LONG_TIMEOUTS };

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    reporters: ["default", new RetryReporter()],
    sequence: { sequencer: LongestFirstSequencer },
    projects: [
      {
        ...SHARED_OPTIONS,
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: [...LONG_TESTS, ...SIMULATED_TIME_TESTS, ...TIMED_TESTS, ...DEMANDING_TESTS],
          ...PARALLEL_OPTIONS,
        },
      },
      {
        ...SHARED_OPTIONS,
        test: { name: "simulated-time", include: SIMULATED_TIME_TESTS, ...PARALLEL_OPTIONS, isolate: true },
      },
      { ...SHARED_OPTIONS, test: { name: "essential", include: [ESSENTIAL_TEST], ...TIMED_OPTIONS } },
      { ...SHARED_OPTIONS, test: { name: "long", include: LONG_TESTS, ...PARALLEL_OPTIONS } },
      {
        ...SHARED_OPTIONS,
        test: { name: "timed", include: TIMED_TESTS, exclude: [ESSENTIAL_TEST], ...TIMED_OPTIONS },
      },
      {
        ...SHARED_OPTIONS,
        test: {
          name: "demanding",
          include: DEMANDING_TESTS,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          ...LONG_TIMEOUTS,
        },
      },
    ],
  },
});
