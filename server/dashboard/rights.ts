/** Permissions of the logged-in user: readers cannot change anything. */

import type { Session } from "./api.js";
import { message } from "./messages/message.js";

let reason = "";

/** Returns why the user cannot change anything, as a sentence; "" if changes are allowed. */
export function getReadOnlyReason(): string {
  return reason;
}

/** Sets the permissions of the logged-in user. */
export function setPermissions({ name, role }: Session): void {
  reason = role === "reader" ? message("page.readOnly", { name: name ?? "" }) : "";
}

/** Enables or disables a control. For readers, disables it and shows the reason as its tooltip. */
export function setEnabled(control: HTMLElement & { disabled: boolean }, enabled = true): void {
  const disabled = reason !== "" || !enabled;
  if (control.disabled !== disabled) control.disabled = disabled;
  if (control.title === reason) return;
  control.title = reason;
  if (reason) control.setAttribute("aria-describedby", "rights");
  else control.removeAttribute("aria-describedby");
}
