/** The account of a board that this page flashes. Nobody sees its password. Does not use the DOM. */

import type { BoardAccount } from "../commands.js";

export interface FlashAccountsSource {
  /** Returns the name of the board, which its account has too. */
  name(): string;
  /** Returns the account whose password the page shows; undefined if there is none. */
  shown(): BoardAccount | undefined;
  /** Creates an account; resolves with undefined if the broker needs none. @throws ApiError */
  create(name: string): Promise<BoardAccount | undefined>;
  delete(name: string): Promise<void>;
}

interface CurrentAccount {
  readonly name: string;
  readonly account: Promise<BoardAccount | undefined>;
  /** Whether a board may have received the password. */
  isSent: boolean;
}

/** Creates accounts, and deletes those that no board uses. */
export class FlashAccounts {
  #current: CurrentAccount | undefined;

  constructor(private readonly source: FlashAccountsSource) {}

  /**
   * Returns the account for the board's present name: the one that the page shows, one of an earlier attempt, or a new
   * one. If the name has changed, deletes the account with the earlier name, because the board will not use it.
   * @throws ApiError
   */
  async obtain(): Promise<BoardAccount | undefined> {
    const name = this.source.name();
    if (this.#current?.name !== name)
      this.#current = { name, account: this.#replace(this.#current, name), isSent: false };
    const current = this.#current;
    try {
      return await current.account;
    } catch (error) {
      if (this.#current === current) this.#current = undefined;
      throw error;
    }
  }

  /** Keeps the account, because a board may have received its password. */
  keep(): void {
    if (this.#current) this.#current.isSent = true;
  }

  /** Forgets the account, because a board uses it. */
  complete(): void {
    this.#current = undefined;
  }

  /** Deletes the account unless a board may have received its password. Then the next attempt uses it. Never rejects. */
  async release(): Promise<void> {
    const current = this.#current;
    if (!current || current.isSent) return;
    this.#current = undefined;
    await this.#delete(current);
  }

  async #replace(earlier: CurrentAccount | undefined, name: string): Promise<BoardAccount | undefined> {
    const shown = this.source.shown();
    if (earlier) await this.#delete(earlier);
    return shown?.name === name ? shown : this.source.create(name);
  }

  /** Deletes an account, also if the server is still creating it. Keeps one whose password the page shows. */
  async #delete({ account }: CurrentAccount): Promise<void> {
    const created = await account.catch(() => undefined);
    if (created && created !== this.source.shown()) await this.source.delete(created.name).catch(() => {});
  }
}
