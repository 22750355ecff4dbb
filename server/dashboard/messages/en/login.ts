/** Texts of the login page. */

import type { Area } from "../area.js";

export const login = {
  title: "Log in · Nightlight",
  name: "Name",
  password: "Password",
  submit: "Log in",
  unencrypted:
    "This connection is not encrypted. Anyone on the same network can read the password. To use HTTPS, start the server with a certificate and its key: {certificate} and {key}.",
  needsScript: "Logging in requires JavaScript. Enable it in the browser.",
  noAccount: "No account yet?",
  createAccount: "Create one on the machine that runs the server:",
  readers: "With {reader}, the account has read-only access. To replace a forgotten password, run {command}.",
} as const satisfies Area;
