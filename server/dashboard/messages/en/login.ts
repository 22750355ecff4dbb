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

  firstTitle: "Create the first administrator",
  firstExplanation:
    "Nobody has an account yet. The log of the server shows a one-time code at its start: in the terminal that runs the server, in {journal}, or in {container}.",
  code: "One-time code from the log",
  firstPassword: "Password, at least 8 characters",
  create: "Create and log in",
  everybodyMustLogIn: "From then on everybody must log in, including boards.",
  withoutAccount: "Continue without an account",

  endedIdle: "You were logged out because you did not use the page for 12 hours.",
  endedLifetime: "You were logged out because you logged in 7 days ago.",
  endedPassword: "You were logged out because your password was changed.",
  endedRole: "You were logged out because your role was changed.",
  endedRemoved: "You were logged out because your account was removed.",
  endedAdministrator: "You were logged out by an administrator.",
  endedDisplaced: "You were logged out here because you logged in in too many other browsers.",
  endedUnknown: "You were logged out because this server does not know your session. Its data may have been replaced.",
  endedHere: "You have logged out.",
  endedElsewhere: "You were logged out in another tab of this browser.",
} as const satisfies Area;
