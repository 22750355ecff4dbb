/** What whoever looks at the page may do. */

import type { Session } from "./api.js";

let why = "";

/** Why nothing may be changed, a sentence; "" when it may. */
export function refusal(): string {
  return why;
}

/** Goes by who is logged in. */
export function setRights({ name, role }: Session): void {
  why = role === "reader" ? `${name} may look at everything here, and change nothing.` : "";
}

/** Disables a control where nothing may be changed, and says why; otherwise it is disabled when it is not `usable`. */
export function allow(control: HTMLElement & { disabled: boolean }, usable = true): void {
  const disabled = why !== "" || !usable;
  if (control.disabled !== disabled) control.disabled = disabled;
  if (control.title === why) return;
  control.title = why;
  if (why) control.setAttribute("aria-describedby", "rights");
  else control.removeAttribute("aria-describedby");
}
