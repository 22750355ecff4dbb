/** Orders the addresses of the broker that a board may use. Does not use the DOM. */

const LOOPBACK_HOST = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;

/**
 * Orders the addresses of the broker. Boards can probably reach the server by the same host as the browser. So this
 * host is first if it is an IP address. A host name is last, because boards may be unable to resolve local names.
 * @param addresses URLs from the server; empty if only the server's machine can reach the broker
 * @param host host name in the URL of the page
 */
export function orderAddresses(addresses: readonly string[], host: string): string[] {
  const [first] = addresses;
  if (first === undefined || LOOPBACK_HOST.test(host)) return [...addresses];
  const { protocol, port } = new URL(first);
  // with TLS, the certificate is usually valid for a name and not for an IP address
  const isAddress = /^[\d.]+$|^\[/.test(host);
  if (protocol === "mqtts:" && isAddress) return [...addresses];
  const own = `${protocol}//${host}${port && `:${port}`}`;
  const others = addresses.filter((url) => url !== own);
  return isAddress || protocol === "mqtts:" ? [own, ...others] : [...others, own];
}
