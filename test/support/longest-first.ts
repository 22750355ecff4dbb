/** The order in which Vitest starts test files. */
import path from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The test files that take the longest time, in descending order. They start before all other files of their group, so
 * that no core idles at the end.
 */
const LONGEST_FILES = [
  "test/docs/tutorials.test.ts",
  "test/server/people-page.test.ts",
  "test/server/dashboard.test.ts",
  "test/server/dashboard-settings.test.ts",
  "test/docs/page-commands.test.ts",
  "test/server/packaging.test.ts",
  "test/chaos/chaos.test.ts",
  "test/bench/loop.test.ts",
  "test/docs/scenarios/start.test.ts",
  "test/docs/scenarios/installation.test.ts",
  "test/docs/scenarios/development.test.ts",
  "test/server/dashboard-pages.test.ts",
  "test/server/dashboard-access.test.ts",
  "test/vscode/commands.test.ts",
  "test/server/history.test.ts",
  "test/server/dashboard-tabs.test.ts",
  "test/server/settings-api.test.ts",
  "test/firmware/wrap-restart.test.ts",
  "test/boards/add.test.ts",
  "test/firmware/endurance.test.ts",
  "test/firmware/settings.test.ts",
  "test/server/dashboard-details.test.ts",
  "test/server/history-postgres.test.ts",
  "test/docs/scenarios/setup.test.ts",
  "test/sim/fleet/main.test.ts",
  "test/flash/flash.test.ts",
  "test/sim/fleet/fleet.test.ts",
  "test/packages/devicescript-mqtt.test.ts",
  "test/e2e/start.test.ts",
  "test/server/dashboard-scale.test.ts",
];

/**
 * Starts the longest files of each project first. Vitest's own order, which is also the order of the other files, depends on
 * the durations of earlier runs. A new clone has none, so Vitest would start the largest files first.
 */
export class LongestFirstSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) =>
      sorted
        .filter((specification) => specification.project === project)
        .sort((a, b) => this.#rankOf(a) - this.#rankOf(b)),
    );
  }

  #rankOf({ moduleId }: TestSpecification): number {
    const name = path.relative(this.ctx.config.root, moduleId).split(path.sep).join("/");
    const rank = LONGEST_FILES.indexOf(name);
    return rank === -1 ? LONGEST_FILES.length : rank;
  }
}
