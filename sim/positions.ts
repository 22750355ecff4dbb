/** From what the virtual machine prints of a fault to a place in the source. */

/** The part of `bytecode-dbg.json` that tells where code came from (interop/src/debug.ts of DeviceScript). */
export interface DebugInfo {
  functions: { startpc: number }[];
  /** Triples of position, length and program counter; the first and the last as differences to the triple before. */
  srcmap: number[];
  /** In the order in which their texts follow each other in the positions. */
  sources: { path: string; length: number; text: string }[];
}

/** Replaces each `(pc:45)` of a stack line `at main_F0 (pc:45)` by the file and line it came from. */
export function withPositions(text: string, debug: DebugInfo): string {
  return text.replace(/(at \w*_F(\d+)) \(pc:(\d+)\)/g, (frame, name: string, index: string, pc: string) => {
    const start = debug.functions[Number(index)]?.startpc;
    const place = start === undefined ? undefined : placeOf(start + Number(pc), debug);
    return place ? `${name} (${place})` : frame;
  });
}

function placeOf(pc: number, { srcmap, sources }: DebugInfo): string | undefined {
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
