/** Executes the tutorials as a reader does: creates the files, applies the diffs, runs the commands, reads the output. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { applyDiff } from "./support/diff.js";
import { isExecuted, PAGES, readPage, ROOT } from "./support/pages.js";
import { Sandbox } from "./support/sandbox.js";
import { findPredecessor, readTutorial, type TutorialStep } from "./support/tutorial.js";
import { toPattern, TutorialRun } from "./support/tutorial-run.js";

/** Returns the steps of the pages that a page continues, the first page first. */
function inheritedSteps(page: string): TutorialStep[] {
  const predecessor = findPredecessor(page);
  return predecessor ? [...inheritedSteps(predecessor), ...readTutorial(predecessor)] : [];
}

// the steps need a Unix shell and signals
describe.skipIf(process.platform === "win32")("every step of the tutorials works as described", () => {
  let run: TutorialRun;
  let ports: Record<string, string>;
  beforeAll(async () => {
    run = new TutorialRun(await Sandbox.open());
    await run.sandbox.reset();
    const { NIGHTLIGHT_MQTT_PORT, NIGHTLIGHT_HTTP_PORT } = run.sandbox.env;
    ports = { NIGHTLIGHT_MQTT_PORT, NIGHTLIGHT_HTTP_PORT };
  });
  afterAll(() => run?.sandbox.close());

  test.each(PAGES.filter(isExecuted))(
    "%s",
    async (page) => {
      onTestFinished(() => run.stopPrograms());
      await run.prepare(inheritedSteps(page));
      // also deletes the nightlight.yaml of an earlier page, as the pages tell a reader to do
      await run.sandbox.reset();
      // keeps the ports, so that a program which is the same as in the previous page need not be compiled again
      run.sandbox.env = { ...run.sandbox.env, ...ports };
      for (const step of readTutorial(page))
        await run.execute(step).catch((error: Error) => {
          throw new Error(`${page}, line ${step.line}, "${step.heading}": ${error.message}`, { cause: error });
        });
    },
    900_000,
  );
});

describe("a diff of a tutorial", () => {
  test("replaces lines and keeps the lines around them", () => {
    expect(applyDiff("a\nb\nc\n", " a\n-b\n+B\n+BB\n c")).toBe("a\nB\nBB\nc\n");
  });
  test("applies to several places", () => {
    expect(applyDiff("a\nb\n\nc\n", "-a\n@@\n \n-c\n+C")).toBe("b\n\nC\n");
  });
  test.each([
    [" a\n-x\n+y", "occur 0 times"],
    ["-b\n+y", "occur 2 times"],
    ["a\n+b", "begins with neither"],
  ])("is refused if it does not fit: %j", (diff, problem) => {
    expect(() => applyDiff("a\nb\nb\n", diff)).toThrow(problem);
  });
});

describe("the output in a tutorial", () => {
  test("allows other lines in between, any time, and any text in place of an ellipsis", () => {
    const pattern = toPattern(["12:00:00 light 5", "…", "lamp … on"]);
    expect("x\n07:30:59 light 5\nmore\nlamp 1 on\n").toMatch(pattern);
    expect("07:30:59 light 50\nlamp 1 on\n").not.toMatch(pattern);
    expect("lamp 1 on\n07:30:59 light 5\n").not.toMatch(pattern);
  });
});

test("follow-a-reading.md names only functions that their files contain", () => {
  const page = "docs/tutorials/follow-a-reading.md";
  const named = [...readPage(page).matchAll(/`(\w+)`\s+in\s+\[`[^`]+`\]\(([^)]+)\)/g)];
  expect(named.length).toBeGreaterThan(10);
  for (const [, name, link] of named)
    expect(readFileSync(path.join(ROOT, path.dirname(page), link), "utf8"), `${name} in ${link}`).toMatch(
      new RegExp(`\\b${name}\\b`),
    );
});
