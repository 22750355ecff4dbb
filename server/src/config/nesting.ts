import { Lexer, Parser } from "yaml";

/**
 * Returns whether a YAML text nests deeper than a limit. Check this before parsing: the YAML library is recursive, and
 * thousands of nested brackets would crash the process (V8 runs out of memory, which no handler can catch).
 */
export function nestsDeeper(text: string, limit: number): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // the parser is lazy: it advances only when its results are consumed
    Array.from(parser.next(lexeme));
    if (parser.stack.length > limit) return true;
  }
  return false;
}
