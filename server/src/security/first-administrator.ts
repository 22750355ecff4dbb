import { COMMAND_NAME } from "../common/command-name.js";
import type { Log } from "../observability/log.js";
import type { LoginThrottle } from "./login-throttle.js";
import { SetupCode } from "./setup-code.js";
import { UserError } from "./user-error.js";
import type { UserDirectory } from "./user-directory.js";

/** The outcome of creating the first administrator. `wait` is the time before the next attempt, in s. */
export type FirstAdministratorResult = "created" | "wrong-code" | { readonly wait: number };

export interface FirstAdministratorOptions {
  readonly directory: UserDirectory;
  readonly throttle: LoginThrottle;
  readonly log: Log;
  /** Whether other machines can reach the server. If so, nobody has access until there is an account. */
  readonly exposed: boolean;
  readonly dataFolder: string;
}

/**
 * Creates the first administrator over HTTP for anybody who enters the one-time code from the log. A code exists only
 * while there is no user.
 */
export class FirstAdministratorSetup {
  readonly #options: FirstAdministratorOptions;
  readonly #code: SetupCode;

  constructor(options: FirstAdministratorOptions) {
    this.#options = options;
    this.#code = new SetupCode(options.throttle, (code) => this.#show(code));
  }

  /** Whether the server has no user, so that the first administrator can be created. */
  get isMissing(): boolean {
    return this.#options.directory.isEmpty;
  }

  /** Logs a code if there is no user, and again whenever the last user has been removed. */
  start(): void {
    const updateCode = (): void => (this.isMissing ? this.#code.issue() : this.#code.revoke());
    this.#options.directory.onChange(updateCode);
    updateCode();
  }

  /**
   * Creates the first administrator. The code stays valid when the name or the password is not allowed.
   * @param address the IP address of the client
   * @throws UserError when the name or the password is not allowed, or there is a user already
   */
  async create(address: string, code: string, name: string, password: string): Promise<FirstAdministratorResult> {
    const { directory } = this.#options;
    await directory.reload();
    if (!directory.isEmpty) throw new UserError("conflict", "There is an account already; log in with it.");
    const check = this.#code.checkCode(address, code);
    if (check.wait !== undefined) return check;
    if (!check.right) return "wrong-code";
    await directory.add({ name, role: "admin", password }, true);
    this.#code.revoke();
    return "created";
  }

  #show(code: string): void {
    const { log, exposed, dataFolder } = this.#options;
    if (exposed)
      log.warn(
        "security",
        `Nobody has an account, so nobody can use this server. Create the first administrator on the login page of the ` +
          `dashboard with the one-time code ${code}, or run "${COMMAND_NAME} user add NAME --data ${dataFolder}".`,
      );
    else
      log.info(
        "security",
        `Nobody has an account, so everybody on this machine may use this server. To change that, create the first ` +
          `administrator on the dashboard (People) with the one-time code ${code}.`,
      );
  }
}
