/** Computes median and spread over the rounds of a benchmark. */

/** Returns the median; undefined without values. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1 || sorted.length === 0) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns the relative spread: half the range (maximum minus minimum) divided by the median; 0 for one round. */
export function relativeSpreadOf(values: readonly number[]): number {
  const middle = median(values);
  return middle ? (Math.max(...values) - Math.min(...values)) / 2 / middle : 0;
}
