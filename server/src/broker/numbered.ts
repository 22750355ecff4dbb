/** A packet as it runs through aedes: numbered by the broker that published it. */
interface Numbered {
  readonly brokerId?: string | null;
  readonly brokerCounter?: number;
}

/**
 * What tells a packet from all others, those of an earlier run of the broker included, whose counter was another one;
 * undefined for retained messages that answer a subscription, which have no number.
 */
export function numberOf(packet: object): string | undefined {
  const { brokerId, brokerCounter } = packet as Numbered;
  return brokerId && brokerCounter !== undefined ? `${brokerId} ${brokerCounter}` : undefined;
}
