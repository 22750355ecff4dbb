/**
 * Measures the heap of a DeviceScript program from outside the virtual machine.
 *
 * The runtime has no function that returns the free memory (runtime/devicescript/gc_alloc.c). This module therefore
 * reads the structures of the garbage collector in the WebAssembly memory.
 */

/** Heap usage of a program, in bytes. */
export interface Heap {
  readonly size: number;
  /** Memory used by objects, including garbage that is not collected yet. */
  readonly used: number;
  /** The largest block that can be allocated without a garbage collection. */
  readonly largest: number;
}

/** Heap size of a program in the WebAssembly port of the runtime (JD_GC_KB), in bytes. */
const HEAP_SIZE = 64 * 1024;
/** Length of the C struct `devs_gc_t` in words: first_free, first_chunk, num_alloc, gc_threshold, curr_alloc, ctx. */
const GC_STRUCT_WORDS = 6;
/** Length of the header of a heap chunk in words: next, end. The blocks follow the header. */
const CHUNK_HEADER_WORDS = 2;
/** Mask of the block type. The first word of a block holds flags and type in the top byte, then the size in words. */
const BLOCK_TYPE_MASK = 0xf;
const FREE_BLOCK_TYPE = 1;
const FINAL_BLOCK_TYPE = 15;

/** Walks the heap in the memory of the virtual machine. Returns undefined when no heap is found. */
export function readHeap(memory: Uint8Array): Heap | undefined {
  const words = new Uint32Array(memory.buffer);
  const gc = findGarbageCollector(words);
  if (gc === undefined) return undefined;
  const end = words[gc + GC_STRUCT_WORDS + 1] / 4;
  let used = 0;
  let largest = 0;
  for (let block = gc + GC_STRUCT_WORDS + CHUNK_HEADER_WORDS; block < end;) {
    const size = words[block] & 0xffffff;
    if (size === 0) return undefined;
    if (((words[block] >>> 24) & BLOCK_TYPE_MASK) === FREE_BLOCK_TYPE) largest = Math.max(largest, size * 4);
    else used += size * 4;
    block += size;
  }
  return { size: HEAP_SIZE, used, largest };
}

/**
 * Finds the word index of the `devs_gc_t` struct by its layout.
 *
 * The struct is followed directly by its only chunk, which has the expected length and ends with a final block.
 */
function findGarbageCollector(words: Uint32Array): number | undefined {
  for (let i = 0; i < words.length - GC_STRUCT_WORDS - CHUNK_HEADER_WORDS; i++) {
    const chunk = (i + GC_STRUCT_WORDS) * 4;
    if (words[i + 1] !== chunk || words[i + GC_STRUCT_WORDS] !== 0) continue;
    const end = words[i + GC_STRUCT_WORDS + 1];
    if (end - chunk < HEAP_SIZE - 16 || end - chunk > HEAP_SIZE) continue;
    const last = words[end / 4];
    if ((last & 0xffffff) === 1 && ((last >>> 24) & BLOCK_TYPE_MASK) === FINAL_BLOCK_TYPE) return i;
  }
  return undefined;
}
