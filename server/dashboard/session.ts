/** The login session: shows the logged-in user, handles logout, and redirects to the login page. */

import { ApiError, getSession, postLogout, type Session } from "./api.js";
import { findPart, setText } from "./dom.js";
import { message } from "./messages/message.js";
import { getReadOnlyReason, setPermissions } from "./rights.js";

let leaving = false;
/** Whether somebody was logged in since the page was loaded. */
let wasLoggedIn = false;

/** Opens the login page. Further calls, for example after several refused requests, have no effect. */
export function goToLogin(): void {
  leavePage(wasLoggedIn ? "login?ended" : "login");
}

function leavePage(url: string): void {
  if (!leaving) location.assign(url + location.hash);
  leaving = true;
}

/** Loads the session and applies its permissions. If the server cannot be reached, the permissions stay as they are. */
export async function loadSession(): Promise<void> {
  let session: Session;
  try {
    session = await getSession();
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 404) return;
    session = { name: null, role: null, required: false };
  }
  if (session.required && session.name === null) return goToLogin();
  wasLoggedIn ||= session.name !== null;
  setPermissions(session);
  const manages = session.role === "admin" || session.first_administrator_missing === true;
  findPart(document, "people-link", HTMLElement).hidden = !manages;
  const rights = findPart(document, "rights", HTMLElement);
  rights.hidden = getReadOnlyReason() === "";
  setText(rights, getReadOnlyReason());
  findPart(document, "session", HTMLElement).hidden = session.name === null;
  setText(findPart(document, "user", HTMLElement), session.name ?? "");
  findPart(document, "logout", HTMLButtonElement).hidden = session.ingress === true;
}

/** Sets up the logout button. @param loggedOut called after a logout, which also logs out other tabs */
export function setUpLogout(loggedOut: () => void): void {
  findPart(document, "logout", HTMLButtonElement).addEventListener("click", () => void logout(loggedOut));
}

async function logout(loggedOut: () => void): Promise<void> {
  try {
    await postLogout();
  } catch (e) {
    const rights = findPart(document, "rights", HTMLElement);
    rights.hidden = false;
    return setText(rights, message("page.logOutFailed", { problem: (e as Error).message }));
  }
  loggedOut();
  leavePage("login?logged-out");
}
