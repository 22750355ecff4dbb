import type { z } from "zod";
import { codeOf, textOf, UsageError } from "../common/errors.js";
import { redactText, redactUrl } from "../security/redact.js";
import { nearest } from "../common/nearest.js";

/** The keys and indices that lead to a setting. */
export type Path = readonly (string | number)[];

/** Something that is wrong in a configuration. */
export interface Problem {
  /** A whole sentence, after `file:line:column: ` where it is of a file. */
  readonly text: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** Where settings come from: the file, or the flags and the environment. */
export interface Source {
  /** Whether it says anything at this path. */
  has(path: Path): boolean;
  /** What was written there, fit for one line of a screen: no secret; "" when nothing was. */
  found(path: Path): string;
  /** The key before this one, when a comma has cut its value in two: `{threshold: 300,5}`. */
  cutOff?(path: Path): string | undefined;
  /** A problem with the setting at `path`. @param say gets the setting's name. @param key the key is wrong, not its value */
  problem(path: Path, say: (name: string) => string, key?: boolean): Problem;
}

/** The configuration cannot be used. The message is all that is wrong with it, a line each. */
export class ConfigurationError extends UsageError {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => problem.text).join("\n"));
  }
}

/** `zones > hall > sensors > item 2`. */
export function nameOf(path: Path): string {
  return path.map((step) => (typeof step === "number" ? `item ${step + 1}` : step || '""')).join(" > ");
}

/** Settings that are a URL, or the mapping with one where somebody writes the URL itself. */
const URLS = new Set(["broker", "broker.url", "state", "history", "history.url"]);

/** What was written, in one line, without secrets. */
export function presentable(path: Path, written: string): string {
  const setting = path.filter((step) => typeof step === "string").join(".");
  if (setting === "broker.password") return "a text that is not shown";
  const line = written.trim().replace(/\s+/g, " ");
  const [, quote, inner] = /^(["']?)(.*?)\1$/s.exec(line)!;
  const shown = URLS.has(setting) ? quote + redactUrl(inner) + quote : redactText(line);
  return shown.length > 60 ? shown.slice(0, 59) + "…" : shown;
}

/** Why a file cannot be read, in half a sentence. */
export function whyUnreadable(error: unknown): string {
  const why: Record<string, string> = {
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    EACCES: "this user may not read it",
    ERR_ENCODING_INVALID_ENCODED_DATA: "it is not text in UTF-8",
  };
  return why[codeOf(error)] ?? textOf(error);
}

type Issue = z.core.$ZodIssue;

/** What zod found, as sentences. */
export function problemsOf(source: Source, issues: readonly Issue[], above: Path = []): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...(issue.path as Path)];
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => {
        const at = [...path, key];
        const before = source.cutOff?.(at);
        const sentence = before === undefined ? undefined : cutOff(nameOf([...path, before]));
        return source.problem(at, (name) => sentence ?? unknownKey(name, key, issue.message), true);
      });
    if (issue.code === "invalid_union") {
      // when a mapping was written, what is wrong inside it is of interest, not that it might have been `false`
      const inside = issue.errors.find((branch) => branch.every(isInside));
      if (inside) return problemsOf(source, inside, path);
    }
    if (issue.code === "invalid_key")
      return [
        source.problem(
          path,
          (name) => `${name} is not a name that is allowed here; it must be ${issue.issues[0].message}.`,
          true,
        ),
      ];
    const found = source.found(path);
    const is = source.has(path) ? `is ${found || "empty"}` : "is missing";
    return [source.problem(path, (name) => `${name} ${is}; it must be ${issue.message}.`)];
  });
}

const cutOff = (name: string): string =>
  `${name} ends at the comma: write a decimal number with a point, as in 300.5, and a text with a comma in quotes.`;

const isInside = (issue: Issue): boolean => issue.path.length > 0 || issue.code === "unrecognized_keys";

/** @param allowed the keys that are, as `mapping` lists them */
function unknownKey(name: string, key: string, allowed: string): string {
  const meant = nearest(key, allowed.split(", "));
  return `${name} is no setting${meant ? `; did you mean ${meant}?` : "."} Allowed here: ${allowed}.`;
}
