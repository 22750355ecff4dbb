import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

const PRIVATE_NETWORKS = new BlockList();
// The private address ranges of RFC 1918, RFC 3927, RFC 6598, RFC 4193 and RFC 4291.
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const)
  // prettier-ignore
  PRIVATE_NETWORKS.addSubnet(net, bits);
PRIVATE_NETWORKS.addSubnet("fc00::", 7, "ipv6");
PRIVATE_NETWORKS.addSubnet("fe80::", 10, "ipv6");

/** Returns whether an IP address belongs to a private network. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE_NETWORKS.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/**
 * Matches the names of network interfaces of containers, virtual machines and VPNs, whose addresses boards cannot
 * reach.
 */
const VIRTUAL_INTERFACE_PATTERN =
  /^(docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|wg|tailscale|zt|vEthernet|VirtualBox|VMware)/i;

/** Returns the IPv4 addresses of this computer that a board may reach, the most likely one first. */
export function listOwnAddresses(interfaces = networkInterfaces()): string[] {
  const rankOf = (name: string, address: string): number =>
    Number(VIRTUAL_INTERFACE_PATTERN.test(name)) * 2 + Number(!isPrivateAddress(address));
  return Object.entries(interfaces)
    .flatMap(([name, found]) =>
      (found ?? [])
        .filter(({ internal, family, address }) => !internal && family === "IPv4" && !address.startsWith("169.254."))
        .map(({ address }) => ({ address, rank: rankOf(name, address) })),
    )
    .sort((a, b) => a.rank - b.rank)
    .map(({ address }) => address);
}
