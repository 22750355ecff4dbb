/** Address of an MQTT broker, with the credentials to log in. */
export interface BrokerAddress {
  /** URL for logs: without user name and password, and with the values of query parameters masked. */
  readonly url: string;
  /** URL for a WebSocket connection, which may contain a token; undefined for MQTT over TCP or TLS. */
  readonly websocketUrl?: string;
  readonly host: string;
  readonly port: number;
  /** Whether the connection uses TLS. */
  readonly secure: boolean;
  readonly username?: string;
  readonly password?: string;
}
