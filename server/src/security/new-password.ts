import { MIN_PASSWORD_LENGTH, passwordWeakness } from "./password-strength.js";
import { generatePassword, hashPassword, hashGeneratedPassword, type StoredPassword } from "./scrypt.js";
import { UserError } from "./user-error.js";
import type { Wording } from "./wording.js";

/** Maximum length of a password, in characters. */
export const MAX_PASSWORD_LENGTH = 256;

/** A new password that a person chose or the program generated. */
export interface NewPassword {
  /** Hash of the password, which the server stores instead of the password. */
  readonly stored: StoredPassword;
  /** The generated password in plain text, which a person sees once; undefined for a password that a person chose. */
  readonly generated?: string;
}

/** Generates a password and hashes it. */
export function generateNewPassword(): NewPassword {
  const generated = generatePassword();
  return { stored: hashGeneratedPassword(generated), generated };
}

/**
 * Validates and hashes a password that a person chose for an account.
 * @throws UserError when the password is empty, too short or too long, or easy to guess
 */
export async function hashChosenPassword(name: string, password: string, wording: Wording): Promise<NewPassword> {
  const problem = passwordProblem(name, password, wording);
  if (problem) throw new UserError("invalid", `${problem} Nothing was changed.`);
  return { stored: await hashPassword(password) };
}

/** Explains in sentences why a password is not allowed for an account; returns "" when it is allowed. */
export function passwordProblem(name: string, password: string, { generateAdvice: generate }: Wording): string {
  if (!password) return "The password is empty.";
  if (password.length < MIN_PASSWORD_LENGTH)
    return `The password has ${password.length} characters; it must have at least ${MIN_PASSWORD_LENGTH}.`;
  if (password.length > MAX_PASSWORD_LENGTH)
    return `The password has ${password.length} characters; it may have at most ${MAX_PASSWORD_LENGTH}.`;
  if (password.toLowerCase() === name.toLowerCase()) return "The password is the user name.";
  const weakness = passwordWeakness(password, [name]);
  return weakness && `${weakness} Choose another, such as some unrelated words${generate ? `, or ${generate}` : ""}.`;
}
