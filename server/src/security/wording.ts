/** Parts of error messages that differ between the command line (flags) and the API (fields). */
export interface Wording {
  /** Names the input for the device id. */
  readonly device: string;
  /** Names the input for the expiry of a token. */
  readonly expires: string;
  /** Tells people how to have a password generated. */
  readonly generate: string;
  /** Tells people how to change the password of an existing user. */
  changePassword(name: string): string;
  /** Tells people how to see the ids of tokens. */
  readonly listTokens: string;
}

/** Parts of error messages on the command line. */
export const COMMAND_WORDING: Wording = {
  device: "--device",
  expires: "--expires",
  generate: "have one made with --generate",
  changePassword: (name) => `change its password with nightlight-server user password ${name}`,
  listTokens: "nightlight-server user list shows the ids",
};

/** Parts of error messages in the HTTP API. The dashboard shows the messages of the API. */
export const API_WORDING: Wording = {
  device: "The device id",
  expires: "The expiry",
  generate: "leave it out to have one generated",
  changePassword: () => "choose another name, or change that user",
  listTokens: "GET /api/users shows the ids",
};
