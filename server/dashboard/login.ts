/** The login page. It shares little code with the dashboard, which the server delivers only after login. */

import { findPart, setText } from "./dom.js";
import { startWithMessages } from "./messages/load.js";
import { message } from "./messages/message.js";
import { setUpTheme } from "./theme.js";

const form = findPart(document, "form", HTMLFormElement);
const password = findPart(document, "password", HTMLInputElement);
const problem = findPart(document, "problem", HTMLElement);
const submit = findPart(document, "submit", HTMLButtonElement);

const onThisMachine = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
findPart(document, "unencrypted", HTMLElement).hidden = location.protocol === "https:" || onThisMachine;

await startWithMessages(() => {
  setUpTheme();
  void leaveIfAllowed();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // Use aria-disabled, because `disabled` would remove the focus.
    if (submit.getAttribute("aria-disabled") !== "true") void logIn();
  });
});

/** Opens the dashboard if no login is required, or if the user has logged in in another tab. */
async function leaveIfAllowed(): Promise<void> {
  try {
    const { name, required } = (await (await fetch("api/session")).json()) as {
      name: string | null;
      required: boolean;
    };
    if (name !== null || !required) openDashboard();
  } catch {
    return; // ignore the error, because the login attempt will show it
  }
}

async function logIn(): Promise<void> {
  submit.setAttribute("aria-disabled", "true");
  setText(problem, "");
  setText(problem, await attempt());
  submit.removeAttribute("aria-disabled");
  if (problem.textContent === "") return;
  password.focus();
  password.select();
}

/** Logs in and opens the dashboard. Returns "", or a sentence with the reason if the login failed. */
async function attempt(): Promise<string> {
  try {
    const response = await fetch("api/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (response.ok) {
      openDashboard();
      return "";
    }
    const { error } = (await response.json()) as { error: string };
    return error;
  } catch {
    return message("page.unreachable");
  }
}

/** Opens the dashboard at the view in the current URL's hash. */
function openDashboard(): void {
  location.replace("./" + location.hash);
}
