/** Who looks at the page. */

import { ApiError, getSession, postLogout, type Session } from "./api.js";
import { part, text } from "./dom.js";
import { refusal, setRights } from "./rights.js";

let leaving = false;

/** Takes whoever must log in to the login page; of several requests that were refused, the first does. */
export function goToLogin(): void {
  if (!leaving) location.assign("login");
  leaving = true;
}

/** Asks who is logged in, and goes by it. A server that is not there, or has no accounts, changes nothing. */
export async function learnSession(): Promise<void> {
  let session: Session;
  try {
    session = await getSession();
  } catch (e) {
    if (!(e instanceof ApiError) || e.status !== 404) return;
    session = { name: null, role: null, required: false };
  }
  if (session.required && session.name === null) return goToLogin();
  setRights(session);
  const rights = part(document, "rights", HTMLElement);
  rights.hidden = refusal() === "";
  text(rights, refusal());
  part(document, "session", HTMLElement).hidden = session.name === null;
  text(part(document, "user", HTMLElement), session.name ?? "");
}

/** Lets the button log out. @param then called when it did: other tabs are logged out as well */
export function offerLogout(then: () => void): void {
  part(document, "logout", HTMLButtonElement).addEventListener("click", () => void logout(then));
}

async function logout(then: () => void): Promise<void> {
  try {
    await postLogout();
  } catch (e) {
    const rights = part(document, "rights", HTMLElement);
    rights.hidden = false;
    return text(rights, `You are still logged in: ${(e as Error).message}`);
  }
  then();
  goToLogin();
}
