import { CHUNK } from "./packing.js";

/**
 * What belongs together: the places of those of one device and chunk, in the order in which they came. Devices come in
 * ascending order, and the chunks of each: so those that are neighbours in the database come one after the other.
 */
export function* runsOf(devices: Uint32Array, times: Float64Array): Generator<[chunk: number, members: number[]]> {
  const order = new Float64Array(devices);
  for (let at = 0; at < order.length; at++) order[at] = order[at] * order.length + at;
  order.sort();
  const at = (place: number): number => order[place] % order.length;
  const chunkOf = (member: number): number => Math.floor(times[member] / CHUNK);
  for (let place = 0; place < order.length;) {
    const device = devices[at(place)];
    const members: number[] = [];
    for (; place < order.length && devices[at(place)] === device; place++) members.push(at(place));
    const chunk = chunkOf(members[0]);
    // nearly always
    if (members.every((member) => chunkOf(member) === chunk)) yield [chunk, members];
    else {
      const chunks = new Map<number, number[]>();
      for (const member of members) {
        const others = chunks.get(chunkOf(member));
        if (others) others.push(member);
        else chunks.set(chunkOf(member), [member]);
      }
      yield* [...chunks].sort(([a], [b]) => a - b);
    }
  }
}
