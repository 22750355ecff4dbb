/** Reads the header `If-Match` (RFC 9110, section 13.1.1). */

/**
 * Returns the etags in a header, without quotes. Accepts weak ones too: a proxy that compresses answers makes etags
 * weak, and here equal etags always mean equal files.
 */
export function parseEtags(header: string): string[] {
  return Array.from(header.matchAll(/"([^"]*)"/g), ([, etag]) => etag);
}

/** Returns whether a header allows a change of the version with this etag. */
export function matchesEtag(header: string, etag: string): boolean {
  return header.trim() === "*" || parseEtags(header).includes(etag);
}
