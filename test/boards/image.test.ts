/** The build's last step: it turns compiled firmware into an image that can be updated over the air. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadBoards } from "../../scripts/board/board.js";
import { readText, withText } from "../../scripts/build/configuration.js";
import { completeImage } from "../../scripts/build/image.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { compile } from "../support/firmware.js";
import { configurationOf, readFirmware, revertClass, withConfiguration } from "../support/firmware-image.js";

const { bytes, version } = readFirmware("main");
/** The image as the compiler made it, except for its version. */
const compiled = revertClass(bytes);

const withVersion = (text: string) => withConfiguration(compiled, (c) => withText(c, "@version", text));

describe("an image", () => {
  it("is described by a file with its board, version, hash and size, for every board", async () => {
    const versions = new Set<string>();
    for (const { entry, name } of await loadBoards(ROOT)) {
      const image = readFirmware(entry!);
      expect(image.board).toBe(name);
      expect(image.sha256).toBe(createHash("sha256").update(image.bytes).digest("hex"));
      expect(readText(configurationOf(image.bytes), "@version")).toBe(image.version);
      versions.add(image.version.split("+")[1]);
    }
    expect(versions.size).toBe((await loadBoards(ROOT)).length);
  });

  it("has the class of the update adapter in place of the compiler's placeholder", () => {
    const image = completeImage(withVersion("v1.2.3"), "0.0.0");
    const without = (text: string) => !image.bytes.includes(Buffer.from(text, "hex"));
    expect(without("f0ee6214") && without("1462eef0")).toBe(true);
    expect(image.bytes.length % 32).toBe(0);
  });

  it("has the same hash in its version for the same code, whenever and from whatever commit it was built", () => {
    const hash = version.split("+")[1];
    expect(completeImage(withVersion("v1.2.3"), "").version).toBe(`v1.2.3+${hash}`);
    expect(completeImage(withVersion("v1.2.4-3f9a21c-2026.11.29.20.17"), "").version).toBe(`v1.2.4-3f9a21c+${hash}`);
    expect(completeImage(withVersion("v1.2.3"), "").bytes).toEqual(completeImage(withVersion("v1.2.3"), "").bytes);
  });

  it("has another hash for other code", () => {
    const changed = withVersion("v1.2.3");
    changed[changed.indexOf("updating")]++;
    expect(completeImage(changed, "").version).not.toBe(completeImage(withVersion("v1.2.3"), "").version);
  });

  it("takes the version of package.json when the compiler found no Git repository", async () => {
    // the compiler stores no version for a program outside of a repository
    const outside = configurationOf(Buffer.from(await compile("console.log(1)\n")));
    expect(readText(outside, "@version")).toBeUndefined();
    const image = completeImage(
      withConfiguration(compiled, () => outside),
      "1.2.3",
    );
    expect(image.version).toMatch(/^1\.2\.3\+[0-9a-f]{7}$/);
    expect(readText(configurationOf(image.bytes), "@version")).toBe(image.version);
    expect(readText(configurationOf(image.bytes), "@name")).toBe("test");
  });

  it("is refused when the firmware does not use the service exactly once, with the bytes and the file to look at", () => {
    expect(() => completeImage(bytes, "")).toThrow(/f0ee6214 of services\/updateadapter\.md once, but .* not at all/);
    const twice = Buffer.concat([withVersion("v1.2.3"), Buffer.from("f0ee6214", "hex")]);
    expect(() => completeImage(twice, "")).toThrow(/several times\. Check that src\/update\.ts/);
  });
});

describe("a configuration", () => {
  it("is the compiler's own, byte for byte, when a text is replaced by itself", () => {
    const configuration = configurationOf(bytes);
    const again = withText(configuration, "@version", readText(configuration, "@version")!);
    expect(again).toEqual(configuration.subarray(0, again.length));
  });
});
