import type { z } from "zod";
import { codeOf, textOf, UsageError } from "../common/errors.js";
import { redactText, redactUrl } from "../security/redact.js";
import { findNearest } from "../common/nearest.js";

/** Path of a setting: keys and list indices. */
export type Path = readonly (string | number)[];

/** A mistake in the configuration. */
export interface Problem {
  /** A sentence for people, which begins with `file:line:column: ` if the mistake is in a file. */
  readonly text: string;
  readonly file?: string;
  /** Line number, from 1. */
  readonly line?: number;
  /** Column number, from 1. */
  readonly column?: number;
  /** The setting that is wrong; undefined for a mistake that belongs to no setting, such as a syntax error. */
  readonly path?: Path;
}

/** A source of settings: either the file, or flags and environment. */
export interface Source {
  /** Returns whether the source has a value at a path. */
  has(path: Path): boolean;
  /** Returns the value at a path for display: one line, without secrets; "" for a missing value. */
  formatFoundValue(path: Path): string;
  /**
   * Returns the key before a key that a decimal comma has created: `threshold` for `5` in `{threshold: 300,5}`. Returns
   * undefined for other keys.
   */
  findKeyBeforeComma?(path: Path): string | undefined;
  /**
   * Creates a problem that names the setting as this source does.
   * @param sentenceFor returns the sentence for the name of the setting
   * @param key true if the name of the setting is wrong, false if its value is wrong
   */
  createProblem(path: Path, sentenceFor: (name: string) => string, key?: boolean): Problem;
}

/** Error for an invalid configuration. The message lists all problems, one per line. */
export class ConfigurationError extends UsageError {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => problem.text).join("\n"));
  }
}

/** Formats a path for people: `zones > hall > sensors > item 2`. */
export function nameOf(path: Path): string {
  return path.map((step) => (typeof step === "number" ? `item ${step + 1}` : step || '""')).join(" > ");
}

/**
 * Settings whose value is a URL, which may contain a password, and the mappings in whose place users may write a URL.
 */
const URL_SETTINGS = new Set(["broker", "broker.url", "state", "history", "history.url"]);

/** Settings whose whole value is secret. The path of a URL to which alerts are sent works like a password. */
const SECRET_SETTINGS = new Set(
  "broker.password alerts.webhook alerts.webhook_authorization alerts.ntfy alerts.ntfy_token".split(" "),
);

/** Returns whether the whole value of the setting at a path is secret. */
export const isSecret = (path: Path): boolean => SECRET_SETTINGS.has(path.join("."));

/** Formats a value that a user wrote, for error messages: one line without secrets, at most 60 characters. */
export function formatValue(path: Path, written: string): string {
  const setting = path.filter((step) => typeof step === "string").join(".");
  if (SECRET_SETTINGS.has(setting)) return "a text that is not shown";
  const line = written.trim().replace(/\s+/g, " ");
  const [, quote, inner] = /^(["']?)(.*?)\1$/s.exec(line)!;
  const shown = URL_SETTINGS.has(setting) ? quote + redactUrl(inner) + quote : redactText(line);
  return shown.length > 60 ? shown.slice(0, 59) + "…" : shown;
}

/** Explains why a file cannot be read, as a clause for the end of a sentence. */
export function unreadableReason(error: unknown): string {
  const why: Record<string, string> = {
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    EACCES: "this user may not read it",
    ERR_ENCODING_INVALID_ENCODED_DATA: "it is not text in UTF-8",
  };
  return why[codeOf(error)] ?? textOf(error);
}

type Issue = z.core.$ZodIssue;

/** Converts the validation issues of zod to problems with a sentence for people. */
export function problemsOf(source: Source, issues: readonly Issue[], above: Path = []): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...(issue.path as Path)];
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => {
        const at = [...path, key];
        const before = source.findKeyBeforeComma?.(at);
        const sentence = before === undefined ? undefined : decimalCommaProblem(nameOf([...path, before]));
        return source.createProblem(at, (name) => sentence ?? describeUnknownKey(name, key, issue.message), true);
      });
    if (issue.code === "invalid_union") {
      // Several kinds of values are allowed, such as a mapping or `false`. If the user wrote a mapping, report only the
      // mistakes inside the mapping.
      const inside = issue.errors.find((branch) => branch.every(isInside));
      if (inside) return problemsOf(source, inside, path);
    }
    if (issue.code === "invalid_key")
      return [
        source.createProblem(
          path,
          (name) => `${name} is not a name that is allowed here; it must be ${issue.issues[0].message}.`,
          true,
        ),
      ];
    const found = source.formatFoundValue(path);
    const is = source.has(path) ? `is ${found || "empty"}` : "is missing";
    return [source.createProblem(path, (name) => `${name} ${is}; it must be ${issue.message}.`)];
  });
}

const decimalCommaProblem = (name: string): string =>
  `${name} ends at the comma: write a decimal number with a point, as in 300.5, and a text with a comma in quotes.`;

const isInside = (issue: Issue): boolean => issue.path.length > 0 || issue.code === "unrecognized_keys";

/** Describes an unknown key and suggests a similar one. @param allowed the allowed keys, separated by commas */
function describeUnknownKey(name: string, key: string, allowed: string): string {
  const meant = findNearest(key, allowed.split(", "));
  return `${name} is no setting${meant ? `; did you mean ${meant}?` : "."} Allowed here: ${allowed}.`;
}
