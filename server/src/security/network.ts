/**
 * Returns the key under which logins from an IP address are throttled: an IPv4 address, or the first 64 bits of an IPv6
 * address. One host can use all 2^64 addresses of such an IPv6 network.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, "").replace(/%.*$/, "");
  if (!plain.includes(":")) return plain;
  const [left, right] = plain.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = right ? Math.max(0, 8 - left.length - right.length) : 0;
  return [...left, ...Array<string>(zeros).fill("0"), ...(right ?? [])].slice(0, 4).join(":");
}
