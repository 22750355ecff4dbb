/** Client of the API for accounts. */

import type { NewBoardView } from "../../src/http/new-board-view.js";
import type { ListedLoginSession, TokenView, UserView } from "../../src/security/user-view.js";
import { sendRequest } from "../api.js";

export type User = UserView;
export type Token = TokenView;
export type LoginSession = ListedLoginSession;
export type NewBoard = NewBoardView;
export type Role = User["role"];

/** A user to add. Without a password, the server generates one. */
export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly device?: string;
  readonly password?: string;
}

async function requestJson<T>(method: string, path: string, body?: object): Promise<T> {
  return (await (await sendRequest(method, path, body)).json()) as T;
}

const pathOf = (name: string): string => `api/users/${encodeURIComponent(name)}`;

/** Gets the users, sorted by name. @throws ApiError */
export function getUsers(): Promise<User[]> {
  return requestJson("GET", "api/users");
}

/** Adds a user. Returns the generated password; null if `user` has one. @throws ApiError */
export async function postUser(user: NewUser): Promise<string | null> {
  return (await requestJson<{ password: string | null }>("POST", "api/users", user)).password;
}

/** Changes a user's role. @throws ApiError */
export async function putRole(name: string, role: Role): Promise<void> {
  await sendRequest("PUT", pathOf(name), { role });
}

/**
 * Changes a user's password. If `password` is undefined, the server generates a password.
 * @returns the generated password; null if `password` was given
 * @throws ApiError
 */
export async function putPassword(name: string, password?: string): Promise<string | null> {
  return (await requestJson<{ password: string | null }>("PUT", `${pathOf(name)}/password`, { password })).password;
}

/** Removes a user. @throws ApiError */
export async function deleteUser(name: string): Promise<void> {
  await sendRequest("DELETE", pathOf(name));
}

/**
 * Creates a token and returns it.
 * @param expires when the token expires, such as `90d`; undefined for a token that never expires
 * @throws ApiError
 */
export async function postToken(name: string, expires?: string): Promise<string> {
  return (await requestJson<{ token: string }>("POST", `${pathOf(name)}/tokens`, { expires })).token;
}

/** Revokes a token. @throws ApiError */
export async function deleteToken(name: string, id: string): Promise<void> {
  await sendRequest("DELETE", `${pathOf(name)}/tokens/${encodeURIComponent(id)}`);
}

/** Gets the login sessions. @throws ApiError */
export function getLoginSessions(): Promise<LoginSession[]> {
  return requestJson("GET", "api/login-sessions");
}

/** Ends a login session. @throws ApiError */
export async function deleteLoginSession(id: string): Promise<void> {
  await sendRequest("DELETE", `api/login-sessions/${encodeURIComponent(id)}`);
}

/** Gets what a new board needs to connect. @throws ApiError */
export function getNewBoard(): Promise<NewBoard> {
  return requestJson("GET", "api/new-board");
}

/** Starts a simulated board. @throws ApiError */
export async function postSimulatedBoard(id: string): Promise<void> {
  await sendRequest("POST", "api/simulator/boards", { id });
}
