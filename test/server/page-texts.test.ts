/** Tests the message tables of the page, the check that keeps them complete, and the choice of the language. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ESLint } from "eslint";
import { describe, expect, test } from "vitest";
import {
  compareTables,
  findTemplateProblems,
  findTextProblems,
  findUnusedKeys,
} from "../../scripts/check/page-texts.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { en } from "../../server/dashboard/messages/en.js";
import { fillTemplate } from "../../server/dashboard/messages/html.js";
import { chooseLanguage } from "../../server/dashboard/messages/languages.js";
import { message, setMessages } from "../../server/dashboard/messages/message.js";

const MESSAGE_TABLE = {
  yard: { lamp: "Lamp", hello: "Hello, {name}", boards: { one: "one board", other: "{count} boards" } },
} as const;

describe("the check of the page's texts", () => {
  test("finds no problem in this repository", async () => {
    expect(await findTextProblems()).toEqual([]);
  });

  test("names missing and unknown keys, placeholders and plural forms of a language", () => {
    const { lamp, hello, boards } = MESSAGE_TABLE.yard;
    const problemsOf = (yard: object) =>
      compareTables(MESSAGE_TABLE, "de", { yard } as never).map((line) => line.split(": ")[1]);
    expect(problemsOf({ lamp, hello, boards })).toEqual([]);
    expect(problemsOf({ hello, boards })).toEqual(["yard.lamp is missing."]);
    expect(problemsOf({ lamp, hello, boards, moon: "Mond" })).toEqual(["yard.moon is not an English key."]);
    expect(problemsOf({ lamp, boards, hello: "Hallo {nam}" })).toEqual([
      "yard.hello lacks the placeholder {name}.",
      "yard.hello has the unknown placeholder {nam}.",
    ]);
    expect(problemsOf({ lamp, hello, boards: "{count} Boards" })).toEqual(["yard.boards must have plural forms."]);
    expect(problemsOf({ lamp, hello, boards: { other: "{count} Boards" } })).toEqual([
      'yard.boards needs the plural form "one".',
    ]);
    expect(problemsOf({ lamp: " ", hello, boards })).toEqual(["yard.lamp is empty."]);
  });

  test("names texts of a template that are not from the table, and keys that the table does not have", () => {
    const findProblems = (html: string) => findTemplateProblems("a.html", html, MESSAGE_TABLE);
    expect(findProblems('<p data-text="yard.lamp"></p><code>npm start</code><i>→ · 5</i><h1>Nightlight</h1>')).toEqual(
      [],
    );
    expect(findProblems("<p>Lamp</p>")).toEqual(['a.html: "Lamp" is not from the message table.']);
    expect(findProblems('<p aria-label="Lamp"></p>')).toEqual([
      'a.html: aria-label="Lamp" is not from the message table.',
    ]);
    expect(findProblems('<p data-text-title="yard.moon"></p>')).toEqual([
      "a.html: the message table has no key yard.moon.",
    ]);
    expect(findUnusedKeys(MESSAGE_TABLE, '"yard.lamp" "yard.hello"')).toEqual([
      "server/dashboard/messages/en: nothing uses yard.boards.",
    ]);
  });

  test("lint refuses text in TypeScript", async () => {
    const eslint = new ESLint({ cwd: ROOT });
    const lintCode = async (code: string) => {
      const filePath = path.join(ROOT, "server/dashboard/confirm.ts");
      const [{ messages }] = await eslint.lintText(code, { filePath });
      return messages.filter(({ ruleId }) => ruleId === "no-restricted-syntax").length;
    };
    for (const text of [
      'setText(place, "Restart");',
      'setText(place, on ? "on" : "off");',
      'const sentence = "The board restarts.";',
      "const light = (n) => `light ${n}`;",
      'button.title = "Restart";',
      'button.setAttribute("aria-label", "Restart");',
    ])
      expect(await lintCode(text), text).toBeGreaterThan(0);
    expect(await lintCode(await readFile(path.join(ROOT, "server/dashboard/confirm.ts"), "utf8"))).toBe(0);
  });
});

describe("the page's language", () => {
  test("is the remembered one, otherwise the browser's first that the page has, otherwise English", () => {
    expect(chooseLanguage(null, ["fr-CA", "en-GB", "en"])).toEqual({ language: "en", locale: "en-GB", tag: "en" });
    expect(chooseLanguage("en", ["fr"])).toEqual({ language: "en", locale: "en", tag: "en" });
    expect(chooseLanguage("zh", ["de-AT", "en"])).toEqual({ language: "zh", locale: "zh-Hans", tag: "zh-Hans" });
    expect(chooseLanguage(null, ["de-AT", "en"])).toEqual({ language: "de", locale: "de-AT", tag: "de" });
    expect(chooseLanguage(null, ["zh-TW"])).toEqual({ language: "zh", locale: "zh-Hans", tag: "zh-Hans" });
    expect(chooseLanguage(null, ["zh-SG"]).locale).toBe("zh-SG");
    expect(chooseLanguage(null, ["x", "_"]).language).toBe("en");
    expect(chooseLanguage("toString", [])).toEqual({ language: "en", locale: "en", tag: "en" });
  });

  test("decides the form of numbers and plurals", () => {
    setMessages(en, "en");
    expect([1, 2, 1234].map((count) => message("page.boardCount", { count }))).toEqual([
      "1 board",
      "2 boards",
      "1,234 boards",
    ]);
  });

  test("is English in the HTML files, so that they can be read before the script runs", () => {
    expect(
      fillTemplate(
        '<p data-text="yard.hello"><b data-slot="name" data-text="yard.lamp"></b></p><i data-text-title="yard.lamp"></i>',
        MESSAGE_TABLE,
      ),
    ).toBe(
      '<p data-text="yard.hello">Hello, <b data-slot="name" data-text="yard.lamp">Lamp</b></p>' +
        '<i data-text-title="yard.lamp" title="Lamp"></i>',
    );
    expect(() => fillTemplate('<p data-text="yard.hello"></p>', MESSAGE_TABLE)).toThrow("no slot name");
    expect(() => fillTemplate('<p data-text="yard.moon"></p>', MESSAGE_TABLE)).toThrow("yard.moon");
  });
});
