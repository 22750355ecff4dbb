/** Translates program counters in stack traces of the virtual machine to source files and lines. */

/** The part of `bytecode-dbg.json` that maps bytecode to source code (DeviceScript's interop/src/debug.ts). */
export interface DebugInfo {
  functions: { startpc: number }[];
  /** Triples of position, length and program counter. Position and program counter are deltas to the previous triple. */
  srcmap: number[];
  /** Source files, in the order in which their texts are concatenated. A position is an offset in the concatenation. */
  sources: { path: string; length: number; text: string }[];
}

/** Replaces each `(pc:45)` in stack lines such as `at main_F0 (pc:45)` with the source file and line. */
export function addSourcePositions(text: string, debug: DebugInfo): string {
  return text.replace(/(at \w*_F(\d+)) \(pc:(\d+)\)/g, (frame, name: string, index: string, pc: string) => {
    const start = debug.functions[Number(index)]?.startpc;
    const position = start === undefined ? undefined : findSourcePosition(start + Number(pc), debug);
    return position ? `${name} (${position})` : frame;
  });
}

function findSourcePosition(pc: number, { srcmap, sources }: DebugInfo): string | undefined {
  let position = 0;
  let found: number | undefined;
  let at = 0;
  for (let i = 0; i + 2 < srcmap.length; i += 3) {
    position += srcmap[i];
    at += srcmap[i + 2];
    if (at >= pc) break;
    found = position;
  }
  if (found === undefined) return undefined;
  for (const { path, length, text } of sources) {
    if (found < length) return `${path}:${text.slice(0, found).split("\n").length}`;
    found -= length;
  }
  return undefined;
}
