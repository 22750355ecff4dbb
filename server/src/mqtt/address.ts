/** A broker's address, and who joins it. */
export interface BrokerAddress {
  /** Without user name and password: fit for a log. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Over TLS. */
  readonly secure: boolean;
  readonly username?: string;
  readonly password?: string;
}
