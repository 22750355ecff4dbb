/** Classifies a broker's host: loopback, private network or internet. */
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("0.0.0.0");
LOOPBACK.addAddress("::1", "ipv6");
LOOPBACK.addAddress("::", "ipv6");

const PRIVATE = new BlockList();
// private address ranges of RFC 1918, RFC 3927, RFC 6598, RFC 4193 and RFC 4291
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  // prettier-ignore
  PRIVATE.addSubnet(net, bits);
PRIVATE.addSubnet("fc00::", 7, "ipv6");
PRIVATE.addSubnet("fe80::", 10, "ipv6");

const contains = (list: BlockList, host: string) => list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");

/** Returns whether a host is a loopback address or name. A board would look for such a broker on the board itself. */
export function isLoopback(host: string): boolean {
  return isIP(host) ? contains(LOOPBACK, host) : /^(.+\.)?localhost\.?$/i.test(host);
}

/** Returns whether a host's address or name belongs to a private network, and is no loopback. */
export function isPrivate(host: string): boolean {
  if (isLoopback(host)) return false;
  if (isIP(host)) return contains(PRIVATE, host);
  // domains of RFC 6762 and RFC 8375, and common domains of home routers
  return !host.replace(/\.$/, "").includes(".") || /\.(local|home\.arpa|internal|lan|home|fritz\.box)\.?$/i.test(host);
}

/** Returns whether a host is on the internet: neither loopback nor in a private network. */
export function isPublic(host: string): boolean {
  return !isLoopback(host) && !isPrivate(host);
}

/** Returns the IPv4 addresses of this computer that a board may reach, the most likely one first. */
export function ownAddresses(interfaces = networkInterfaces()): string[] {
  // leaves out network bridges of containers and virtual machines, whose addresses boards cannot reach
  const virtual = /^(docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|wg|tailscale|zt|vEthernet|VirtualBox|VMware)/i;
  const rank = (name: string, address: string) => Number(virtual.test(name)) * 2 + Number(!isPrivate(address));
  return Object.entries(interfaces)
    .flatMap(([name, found]) =>
      (found ?? [])
        .filter(({ internal, family, address }) => !internal && family === "IPv4" && !address.startsWith("169.254."))
        .map(({ address }) => ({ address, rank: rank(name, address) })),
    )
    .sort((a, b) => a.rank - b.rank)
    .map(({ address }) => address);
}
