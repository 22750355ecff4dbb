/** Classifies a broker's host: loopback, private network or internet. */
import { BlockList, isIP } from "node:net";
import { isPrivateAddress } from "../../server/src/common/own-addresses.js";

export { listOwnAddresses } from "../../server/src/common/own-addresses.js";

const LOOPBACK_ADDRESSES = new BlockList();
LOOPBACK_ADDRESSES.addSubnet("127.0.0.0", 8);
LOOPBACK_ADDRESSES.addAddress("0.0.0.0");
LOOPBACK_ADDRESSES.addAddress("::1", "ipv6");
LOOPBACK_ADDRESSES.addAddress("::", "ipv6");

const containsHost = (list: BlockList, host: string) => list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");

/** Returns whether a host is a loopback address or name. A board would look for such a broker on the board itself. */
export function isLoopback(host: string): boolean {
  return isIP(host) ? containsHost(LOOPBACK_ADDRESSES, host) : /^(.+\.)?localhost\.?$/i.test(host);
}

/** Returns whether a host's address or name belongs to a private network, and is not a loopback address. */
export function isPrivate(host: string): boolean {
  if (isLoopback(host)) return false;
  if (isIP(host)) return isPrivateAddress(host);
  // names without a dot, names in the domains of RFC 6762 and RFC 8375, and names in common domains of home routers
  return !host.replace(/\.$/, "").includes(".") || /\.(local|home\.arpa|internal|lan|home|fritz\.box)\.?$/i.test(host);
}

/** Returns whether a host is on the internet: neither loopback nor in a private network. */
export function isPublic(host: string): boolean {
  return !isLoopback(host) && !isPrivate(host);
}
