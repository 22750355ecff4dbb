/** The interface of a benchmarked server, which receives telemetry and answers with commands. */
import type { StartCommand } from "../child.js";
import type { PayloadFormat } from "../load/task.js";

/** The broker that a server uses: Mosquitto, or an embedded broker in the same process. */
export type BrokerKind = "mosquitto" | "embedded";

export interface PeerTask {
  /** The broker's port: Mosquitto's, or the one for the embedded broker to listen on. */
  readonly port: number;
  readonly brokerKind: BrokerKind;
  readonly qos: 0 | 1;
  /** An empty folder for the server's files. */
  readonly folder: string;
}

export interface Peer {
  /** The server's name in the command-line option `--peers`. */
  readonly name: string;
  /** The server's name in the result tables. */
  readonly title: string;
  readonly brokerKinds: readonly BrokerKind[];
  readonly payloadFormat: PayloadFormat;
  /** Returns how to install the server; undefined when the server is installed. Compiles the server first if necessary. */
  findInstallHint(): Promise<string | undefined>;
  /** Prepares the server's files and returns the command that starts it. */
  createStartCommand(task: PeerTask): Promise<StartCommand>;
}
