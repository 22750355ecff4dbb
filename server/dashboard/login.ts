/** The login page. It shares little code with the dashboard, which the server delivers only after login. */

import { cloneTemplate, findPart, setText } from "./dom.js";
import { LoginForm } from "./login/form.js";
import { explainEndedSession, type LoginState } from "./login/state.js";
import { startWithMessages } from "./messages/load.js";
import { setUpTheme } from "./theme.js";

const form = findPart(document, "form", HTMLFormElement);
const endedNotice = findPart(document, "ended", HTMLElement);

/** How long the form stays hidden while the page waits for the state of the login, in ms. */
const STATE_TIMEOUT = 5000;

const isOnThisMachine = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
findPart(document, "unencrypted", HTMLElement).hidden = location.protocol === "https:" || isOnThisMachine;

await startWithMessages(() => {
  setUpTheme();
  new LoginForm(form, "problem", "submit", "password", openDashboard);
  void start();
});

/**
 * Opens the dashboard if no login is required, or if the user has logged in in another tab. Otherwise says why the session
 * has ended, and offers to create the first administrator if nobody has an account.
 */
async function start(): Promise<void> {
  let state: LoginState;
  const timer = setTimeout(showForm, STATE_TIMEOUT);
  try {
    const response = await fetch("api/session");
    // without a state, the dashboard could send the user back here again and again
    if (!response.ok) return showForm();
    state = (await response.json()) as LoginState;
  } catch {
    return showForm(); // ignore the error, because the login attempt will show it
  } finally {
    clearTimeout(timer);
  }
  const { name, required, first_administrator_missing: isMissing = false } = state;
  if (state.command !== undefined) showCommand(state.command);
  const createsFirst = isMissing && (required || location.search === "?first");
  if (!createsFirst && (name !== null || !required)) return openDashboard();
  const text = explainEndedSession(state, location.search);
  endedNotice.hidden = text === "";
  setText(endedNotice, text);
  if (!createsFirst) return showForm();
  findPart(document, "help", HTMLElement).hidden = true;
  form.replaceWith(cloneTemplate("first-template"));
  const first = findPart(document, "first", HTMLFormElement);
  findPart(first, "skip", HTMLElement).hidden = required;
  new LoginForm(first, "first-problem", "first-submit", "code", openDashboard);
  focusUnlessBusy(findPart(first, "code", HTMLInputElement));
}

/** Shows the name of the command as people run it on the server's computer. */
function showCommand(name: string): void {
  for (const place of document.querySelectorAll("[data-part=command]"))
    setText(place, place.textContent.replace("nightlight-server", name));
}

function showForm(): void {
  form.hidden = false;
  focusUnlessBusy(findPart(form, "name", HTMLInputElement));
}

/** Focuses a field, unless somebody is already using another element, such as the choice of the language. */
function focusUnlessBusy(field: HTMLInputElement): void {
  if (document.activeElement === document.body) field.focus();
}

/** Opens the dashboard at the view in the current URL's hash. */
function openDashboard(): void {
  location.replace("./" + location.hash);
}
