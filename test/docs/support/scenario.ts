/** A scenario: documented commands that run one after the other in a copy of the repository. */
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { findProgram, isMissing } from "../../support/programs.js";
import { Sandbox, type CommandStep } from "./sandbox.js";

/** Documented commands that run one after the other, with the data and ports of a fresh copy of the repository. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly CommandStep[];
  /** Prepares the scenario, for example by starting a server that runs until the scenario ends. */
  readonly prepare?: (sandbox: Sandbox) => Promise<void>;
  /** Checks the effects of the scenario after its last command. */
  readonly check?: (sandbox: Sandbox) => Promise<void>;
  /** Additional files in the copy, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** A program without which the scenario is skipped, and its name in the warning. */
  readonly requiredProgram?: readonly [program: string | undefined, name: string];
}

export const MOSQUITTO_CLIENTS_REQUIREMENT = [findProgram("mosquitto_pub"), "mosquitto_pub and mosquitto_sub"] as const;
export const CURL_REQUIREMENT = [findProgram("curl"), "curl"] as const;
/** Adds the sandbox's MQTT port to the commands of the package `mqtt`. */
export const MQTT_CLIENT_REPLACEMENTS = {
  "mqtt pub": "mqtt pub -p $NIGHTLIGHT_MQTT_PORT",
  "mqtt sub": "mqtt sub -p $NIGHTLIGHT_MQTT_PORT",
};
/** The output of a server as soon as it answers requests. */
export const SERVER_READY_LINE = /Dashboard and API at http/;
/** The last output of `npm run flash` and similar commands without a board: the problem and a remedy. */
export const NO_BOARD_ERROR = /^Failed\.\n.*\n {2}What to do: /m;

/** Defines one test for each scenario. The scenarios of a file share one copy of the repository. */
export function runScenarios(scenarios: readonly Scenario[]): void {
  // the scenarios need a Unix shell and signals
  describe.skipIf(process.platform === "win32")("the commands of the documentation work for", () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await Sandbox.open();
    });
    afterAll(() => sandbox?.close());

    for (const { name, steps, prepare, check, files, requiredProgram } of scenarios)
      test.skipIf(requiredProgram && isMissing(requiredProgram[0], requiredProgram[1]))(
        name,
        async () => {
          await sandbox.reset(files);
          onTestFinished(() => sandbox.stopPrograms());
          await prepare?.(sandbox);
          for (const step of steps) await sandbox.runStep(step);
          await sandbox.stopPrograms();
          await check?.(sandbox);
        },
        900_000,
      );
  });
}
