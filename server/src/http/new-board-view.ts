/** The data that a person needs to connect a new board to this server. */
export interface NewBoardView {
  /**
   * URLs of the broker for boards on this network, the most likely one first. Empty when only this machine can reach
   * the broker.
   */
  readonly addresses: readonly string[];
  /** URL of the broker for programs on the server's machine. */
  readonly local: string;
  /** Whether the broker is embedded in the server. Another broker has its own accounts. */
  readonly embedded: boolean;
  /** Whether a board needs an account of this server. */
  readonly account_required: boolean;
  /** Beginning of the ids of boards, without the slash. */
  readonly topic_prefix: string;
  /** The command that started this server, to which flags can be added; null if it is not known. */
  readonly start_command: string | null;
  /** Whether this server can simulate boards. */
  readonly simulator: boolean;
}
