import { CommanderError } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseOptions } from "../../sim/options.js";

describe("the command line of npm run sim", () => {
  let printed = "";

  beforeEach(() => {
    printed = "";
    const recordOutput = (text: string | Uint8Array) => Boolean((printed += String(text)));
    vi.spyOn(process.stdout, "write").mockImplementation(recordOutput);
    vi.spyOn(process.stderr, "write").mockImplementation(recordOutput);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const exitCodeOf = (...args: string[]) => {
    try {
      parseOptions(args);
    } catch (error) {
      return (error as CommanderError).exitCode;
    }
  };

  it("has a default for every option", () => {
    expect(parseOptions([])).toEqual({ broker: "mqtt://127.0.0.1:1883", board: "main" });
  });

  it("accepts several ids", () => {
    expect(parseOptions(["--id", "a/b", "--id", "c"]).id).toEqual(["a/b", "c"]);
  });

  it("takes a program as a path in the repository", () => {
    expect(parseOptions(["--program", "./lesson/device.ts"]).program).toBe("lesson/device.ts");
  });

  it("prints help", () => {
    expect(exitCodeOf("--help")).toBe(0);
    for (const option of [
      "--broker",
      "--boards",
      "--id",
      "--light",
      "--trace",
      "--http-port",
      "--board",
      "--program",
      "--verbose",
    ])
      expect(printed).toContain(option);
  });

  it.each([
    [["--program", "lesson/device.js"], "must be a TypeScript file"],
    [["--program", "../device.ts"], "must be in the folder of Nightlight"],
    [["--program", "lesson/device.ts", "--boards", "2"], "--program runs on one board"],
    [["--boards", "0"], "whole number from 1 to 64"],
    [["--boards", "1.5"], "whole number from 1 to 64"],
    [["--light", "1024"], "whole number from 0 to 1023"],
    [["--http-port", "99999"], "whole number from 0 to 65535"],
    [["--id", "a#"], "cannot contain # or +"],
    [["--id", "a", "--id", "a"], "an id of its own"],
    [["--id", "a", "--boards", "2"], "either --boards or --id"],
    [["--light", "5", "--trace", "x.csv"], "either --light or --trace"],
    [["--colour"], "unknown option '--colour'"],
    [["5"], "too many arguments"],
  ])("explains the mistake in %j", (args, reason) => {
    expect(exitCodeOf(...args)).toBeGreaterThan(0);
    expect(printed).toContain(reason);
  });
});
