/** Reads the header `If-Match` (RFC 9110, section 13.1.1). */

/** Returns the etags in a header, without quotes. Weak etags never match, so they are left out. */
export function knownEtags(header: string): string[] {
  return Array.from(header.matchAll(/(W\/)?"([^"]*)"/g))
    .filter(([, weak]) => weak === undefined)
    .map(([, , etag]) => etag);
}

/** Returns whether a header allows a change of the version with this etag. */
export function matchesEtag(header: string, etag: string): boolean {
  return header.trim() === "*" || knownEtags(header).includes(etag);
}
