import { randomInt, timingSafeEqual } from "node:crypto";
import type { LoginThrottle } from "./login-throttle.js";
import { sha256Of } from "./scrypt.js";

/** Letters and digits that cannot be confused with each other. */
const CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz";
const GROUP_COUNT = 3;
const GROUP_LENGTH = 4;

/** After this many wrong codes, a new code replaces the current one. */
export const MAX_WRONG_CODES = 10;

/** The name under which wrong codes are throttled. No user can have this name, because it contains spaces. */
const THROTTLED_NAME = "the first administrator";

/** The outcome of checking a code. `wait` is the time before the next attempt, in s. */
export type CodeCheckResult = { readonly right: boolean; readonly wait?: undefined } | { readonly wait: number };

/**
 * A one-time code that allows somebody to create the first administrator. The server prints it only into its log, so that
 * only people with access to the machine know it. The code has 59 random bits and changes with each start.
 */
export class SetupCode {
  readonly #throttle: LoginThrottle;
  readonly #show: (code: string) => void;
  #code: string | undefined;
  #wrong = 0;

  /**
   * @param throttle limits the attempts of each address and of all addresses together; also counts wrong passwords
   * @param show called with each new code, which the log must show
   */
  constructor(throttle: LoginThrottle, show: (code: string) => void) {
    this.#throttle = throttle;
    this.#show = show;
  }

  /** Creates and shows a code, unless there is one. */
  issue(): void {
    if (this.#code === undefined) this.#renew();
  }

  /** Makes the code invalid. */
  revoke(): void {
    this.#code = undefined;
  }

  /** Checks a code that came from an IP address. Ignores case, spaces and hyphens. */
  checkCode(address: string, text: string): CodeCheckResult {
    const wait = this.#throttle.getWaitTime(address, THROTTLED_NAME);
    if (wait > 0) return { wait: Math.ceil(wait / 1000) };
    const attempt = this.#throttle.beginAttempt(address, THROTTLED_NAME);
    if (this.#matches(text)) {
      attempt.withdraw();
      return { right: true };
    }
    attempt.fail();
    if (this.#code !== undefined && ++this.#wrong >= MAX_WRONG_CODES) this.#renew();
    return { right: false };
  }

  #matches(text: string): boolean {
    if (this.#code === undefined) return false;
    return timingSafeEqual(
      Buffer.from(sha256Of(normalizeCode(text))),
      Buffer.from(sha256Of(normalizeCode(this.#code))),
    );
  }

  #renew(): void {
    this.#code = generateCode();
    this.#wrong = 0;
    this.#show(this.#code);
  }
}

function normalizeCode(text: string): string {
  return text.replace(/[\s-]/g, "").toLowerCase();
}

/** Generates a code such as `k7wd-9mqh-x3fa`. */
function generateCode(): string {
  const generateGroup = (): string =>
    Array.from({ length: GROUP_LENGTH }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join("");
  return Array.from({ length: GROUP_COUNT }, generateGroup).join("-");
}
