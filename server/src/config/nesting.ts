import { Lexer, Parser } from "yaml";

/**
 * Returns whether a YAML text nests deeper than a limit. Call this before parsing. The YAML library is recursive, so
 * thousands of nested brackets would exhaust the memory of V8 and end the process.
 */
export function nestsDeeperThan(text: string, limit: number): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The parser creates its results lazily, so read all of them to update its stack.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > limit) return true;
  }
  return false;
}
