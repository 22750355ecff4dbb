import { COMMAND_NAME } from "../common/command-name.js";

/** Parts of error messages that differ between the command line (flags) and the API (fields). */
export interface Wording {
  /** Name of the input for the device id, such as `--device`. */
  readonly deviceInput: string;
  /** Name of the input for the expiry of a token, such as `--expires`. */
  readonly expiryInput: string;
  /** The part of a sentence that explains how to have a password generated; left out if this is impossible. */
  readonly generateAdvice?: string;
  /** Returns the part of a sentence that explains how to change the password of an existing user. */
  changePasswordAdvice(name: string): string;
  /** The part of a sentence that explains how to find the ids of tokens. */
  readonly listTokensAdvice: string;
}

/** Parts of error messages on the command line. */
export const COMMAND_WORDING: Wording = {
  deviceInput: "--device",
  expiryInput: "--expires",
  generateAdvice: "have one made with --generate",
  changePasswordAdvice: (name) => `change its password with ${COMMAND_NAME} user password ${name}`,
  listTokensAdvice: `${COMMAND_NAME} user list shows the ids`,
};

/** Parts of error messages in the HTTP API. The dashboard shows the messages of the API. */
export const API_WORDING: Wording = {
  deviceInput: "The device id",
  expiryInput: "The expiry",
  generateAdvice: "leave it out to have one generated",
  changePasswordAdvice: () => "choose another name, or change that user",
  listTokensAdvice: "GET /api/users shows the ids",
};

/** Parts of error messages for the first administrator, who must choose a password. */
export const FIRST_ADMINISTRATOR_WORDING: Wording = { ...API_WORDING, generateAdvice: undefined };

/** Explains that a token is unknown. Reveals nothing else, because the token may be a guess. */
export const UNKNOWN_TOKEN_PROBLEM = `This token is not valid: it was revoked, or belongs to another server. Make one with ${COMMAND_NAME} user token NAME.`;
