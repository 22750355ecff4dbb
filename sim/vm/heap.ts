/**
 * The memory of a program, looked at from outside: the runtime tells nobody how much is left
 * (runtime/devicescript/gc_alloc.c), and so a program cannot know it either.
 */

/** In bytes. */
export interface Heap {
  readonly size: number;
  /** By objects, garbage included that was not collected yet. */
  readonly used: number;
  /** The largest piece that can be allocated without a collection. */
  readonly largest: number;
}

/** What the runtime gives a program here: JD_GC_KB of its port for WebAssembly. */
const SIZE = 64 * 1024;
/** `devs_gc_t`: first_free, first_chunk, num_alloc, gc_threshold, curr_alloc, ctx. A chunk: next, end, then blocks. */
const GC_WORDS = 6;
const CHUNK_WORDS = 2;
/** A block begins with its tag in the uppermost byte, of which these bits are flags, and its size in words. */
const TAG = 0xf;
const FREE = 1;
const FINAL = 15;

/** Walks the heap in the machine's memory; undefined when there is none. */
export function heapIn(memory: Uint8Array): Heap | undefined {
  const words = new Uint32Array(memory.buffer);
  const gc = find(words);
  if (gc === undefined) return undefined;
  const end = words[gc + GC_WORDS + 1] / 4;
  let used = 0;
  let largest = 0;
  for (let block = gc + GC_WORDS + CHUNK_WORDS; block < end;) {
    const size = words[block] & 0xffffff;
    if (size === 0) return undefined;
    if (((words[block] >>> 24) & TAG) === FREE) largest = Math.max(largest, size * 4);
    else used += size * 4;
    block += size;
  }
  return { size: SIZE, used, largest };
}

/** The chunk that follows right after the structure that points at it, ends where it should, and is closed there. */
function find(words: Uint32Array): number | undefined {
  for (let i = 0; i < words.length - GC_WORDS - CHUNK_WORDS; i++) {
    const chunk = (i + GC_WORDS) * 4;
    if (words[i + 1] !== chunk || words[i + GC_WORDS] !== 0) continue;
    const end = words[i + GC_WORDS + 1];
    if (end - chunk < SIZE - 16 || end - chunk > SIZE) continue;
    const last = words[end / 4];
    if ((last & 0xffffff) === 1 && ((last >>> 24) & TAG) === FINAL) return i;
  }
  return undefined;
}
