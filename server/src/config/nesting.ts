import { Lexer, Parser } from "yaml";

/**
 * Whether a YAML text nests deeper than `most`. It is composed by recursion, so that some thousand opening brackets would
 * end the program where no handler can catch it (V8 runs out of memory for a regular expression): this looks before.
 */
export function nestsDeeper(text: string, most: number): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // it works while what it gives is taken
    Array.from(parser.next(lexeme));
    if (parser.stack.length > most) return true;
  }
  return false;
}
