import { CHUNK_LENGTH } from "./packing.js";

/**
 * Groups entries by device and chunk. Yields the chunk of each group and the indexes of its entries, in their original
 * order. The groups are sorted by device, then by chunk, so that consecutive groups are close to each other in the
 * database.
 */
export function* groupByChunk(
  devices: Uint32Array,
  times: Float64Array,
): Generator<[chunk: number, indexes: number[]]> {
  // Sort numbers that combine device and index, because this is much faster than sorting with a comparison function.
  const keys = new Float64Array(devices);
  for (let at = 0; at < keys.length; at++) keys[at] = keys[at] * keys.length + at;
  keys.sort();
  const indexAt = (position: number): number => keys[position] % keys.length;
  const chunkOf = (index: number): number => Math.floor(times[index] / CHUNK_LENGTH);
  for (let position = 0; position < keys.length;) {
    const device = devices[indexAt(position)];
    const indexes: number[] = [];
    for (; position < keys.length && devices[indexAt(position)] === device; position++) indexes.push(indexAt(position));
    const chunk = chunkOf(indexes[0]);
    // Fast path: the pending entries of a device are nearly always in the same chunk.
    if (indexes.every((index) => chunkOf(index) === chunk)) yield [chunk, indexes];
    else {
      const chunks = new Map<number, number[]>();
      for (const index of indexes) {
        const others = chunks.get(chunkOf(index));
        if (others) others.push(index);
        else chunks.set(chunkOf(index), [index]);
      }
      yield* [...chunks].sort(([a], [b]) => a - b);
    }
  }
}
