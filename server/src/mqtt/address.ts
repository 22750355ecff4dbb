/** A broker's address, and who joins it. */
export interface BrokerAddress {
  /** Fit for a log: without user name and password, and with the values of query parameters masked. */
  readonly url: string;
  /** Where a WebSocket connects; undefined for MQTT over TCP or TLS. May contain a token. */
  readonly websocketUrl?: string;
  readonly host: string;
  readonly port: number;
  /** Over TLS. */
  readonly secure: boolean;
  readonly username?: string;
  readonly password?: string;
}
