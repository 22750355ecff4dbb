/** The login page. It knows nothing of the dashboard but where it is: the server shows it to nobody else. */

import { part, text } from "./dom.js";

const form = part(document, "form", HTMLFormElement);
const password = part(document, "password", HTMLInputElement);
const problem = part(document, "problem", HTMLElement);
const submit = part(document, "submit", HTMLButtonElement);

const onThisMachine = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
part(document, "unencrypted", HTMLElement).hidden = location.protocol === "https:" || onThisMachine;

void leaveIfAllowed();
form.addEventListener("submit", (event) => {
  event.preventDefault();
  // not `disabled`, which would take the focus away
  if (submit.getAttribute("aria-disabled") !== "true") void logIn();
});

/** Nobody has to log in, or has done so in another tab. */
async function leaveIfAllowed(): Promise<void> {
  try {
    const { name, required } = (await (await fetch("api/session")).json()) as {
      name: string | null;
      required: boolean;
    };
    if (name !== null || !required) openDashboard();
  } catch {
    return; // the attempt to log in says how things are
  }
}

async function logIn(): Promise<void> {
  submit.setAttribute("aria-disabled", "true");
  text(problem, "");
  text(problem, await attempt());
  submit.removeAttribute("aria-disabled");
  if (problem.textContent === "") return;
  password.focus();
  password.select();
}

/** Opens the dashboard, or gives the reason why not: a sentence. */
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
    return "The server cannot be reached; is it still running?";
  }
}

/** At the place in the page that was asked for. */
function openDashboard(): void {
  location.replace("./" + location.hash);
}
