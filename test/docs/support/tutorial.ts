/** Reads a tutorial as steps that a test can execute. CONTRIBUTING.md describes the wording that it recognizes. */
import { readPage } from "./pages.js";

/** Where a step is in its page. */
export interface Place {
  /** Line of the page, counted from 1. */
  readonly line: number;
  /** The heading above the step. */
  readonly heading: string;
}

type Instruction =
  | { readonly kind: "create"; readonly file: string; readonly text: string }
  | { readonly kind: "change"; readonly file: string; readonly diff: string }
  /** Commands that end, that end with an error, or that each occupy a terminal until Ctrl+C. */
  | { readonly kind: "run"; readonly commands: readonly string[]; readonly until: "end" | "error" | "stop" }
  /** Lines that a program prints: the running program that the text names, or the command that ran last. */
  | { readonly kind: "output"; readonly lines: readonly string[]; readonly names: readonly string[] }
  | { readonly kind: "stop"; readonly program: string }
  | { readonly kind: "type"; readonly text: string; readonly program: string };

export type TutorialStep = Place & Instruction;

/** A code block with its language, a paragraph, or a comment. */
interface Part extends Place {
  readonly language?: string;
  readonly text: string;
}

/** Returns the page that this page continues, such as the previous lesson; undefined if it starts from a fresh checkout. */
export function findPredecessor(page: string): string | undefined {
  const link = /\bcontinues\s+\[[^\]]+\]\(([\w-]+\.md)\)/.exec(readPage(page))?.[1];
  return link && `${page.slice(0, page.lastIndexOf("/"))}/${link}`;
}

function splitPage(page: string): Part[] {
  const parts: Part[] = [];
  let heading = "";
  let language: string | undefined;
  let lines: string[] = [];
  let first = 1;
  const endPart = (next: number): void => {
    if (language !== undefined || lines.length > 0)
      parts.push({ language, text: lines.join("\n"), heading, line: first });
    lines = [];
    first = next;
  };
  for (const [index, text] of readPage(page).split("\n").entries()) {
    const fence = /^```(\w*)/.exec(text);
    const title = /^#+ +(.+)$/.exec(text);
    if (fence) {
      endPart(index + 1);
      language = language === undefined ? fence[1] : undefined;
    } else if (language !== undefined || (text.trim() && !title)) {
      if (lines.length === 0 && language === undefined) first = index + 1;
      lines.push(text);
    } else {
      endPart(index + 1);
      if (title) heading = title[1];
    }
  }
  endPart(0);
  return parts;
}

const inlineCodesOf = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);

/** Returns the last file that a paragraph names in inline code. */
const fileIn = (text: string): string | undefined =>
  inlineCodesOf(text).findLast((code) => /^[\w./-]+\.\w+$/.test(code));

/** Finds what a paragraph tells the reader to do at a terminal, in its order. */
function findActions(paragraph: string): Instruction[] {
  const pattern =
    /\b[Pp]ress Ctrl\+C in the terminal of `([^`]+)`|\b[Tt]ype `([^`]+)` and Enter in the terminal of `([^`]+)`/g;
  return [...paragraph.matchAll(pattern)].map(([, stopped, typed, program]) =>
    stopped ? { kind: "stop", program: stopped } : { kind: "type", text: typed, program },
  );
}

/** Returns the steps of a code block. @param before the paragraph before the block */
function stepsOfBlock({ language, text }: Part, before: string, fails: boolean): Instruction[] {
  const file = fileIn(before);
  if (language === "diff") {
    if (!file) throw new Error("the paragraph before a diff must name its file in inline code");
    return [{ kind: "change", file, diff: text }];
  }
  if (language === "sh") {
    const until = fails ? "error" : /\bterminal\b/.test(before) ? "stop" : "end";
    const commands = text.replaceAll("\\\n", " ").split("\n").map((line) => line.replace(/\s+#.*$/, "").trim()); // prettier-ignore
    return [{ kind: "run", commands: commands.filter(Boolean), until }];
  }
  if (language === "text") return [{ kind: "output", lines: text.split("\n"), names: inlineCodesOf(before) }];
  return /\bCreate `/.test(before) && file ? [{ kind: "create", file, text: `${text}\n` }] : [];
}

/** Reads the steps of a page. @throws Error that names page and line if a step is incomplete */
export function readTutorial(page: string): TutorialStep[] {
  const steps: TutorialStep[] = [];
  let paragraph = "";
  let skipped = false;
  let fails = false;
  for (const part of splitPage(page)) {
    const { line, heading, language, text } = part;
    const add = (found: readonly Instruction[]): void =>
      void steps.push(...found.map((instruction) => ({ ...instruction, line, heading })));
    const [, comment, rest] =
      (language === undefined && /^<!-- (by hand|the test runs|fails): ([^]+) -->$/.exec(text)) || [];
    if (comment === "the test runs") add([{ kind: "run", commands: [rest], until: "end" }]);
    else if (comment === "by hand") skipped = true;
    else if (comment === "fails") fails = true;
    else {
      try {
        if (language === undefined) paragraph = text.replaceAll(/\s+/g, " ");
        if (!skipped) add(language === undefined ? findActions(paragraph) : stepsOfBlock(part, paragraph, fails));
      } catch (error) {
        throw new Error(`${page}, line ${line}: ${(error as Error).message}`, { cause: error });
      }
      if (language !== undefined) paragraph = "";
      skipped = false;
      fails = false;
    }
  }
  return steps;
}
