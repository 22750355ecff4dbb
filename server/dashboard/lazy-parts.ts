/** Loads the style sheet and the templates of the views that the page loads on demand. */

import { findPart } from "./dom.js";
import { insertMessages } from "./messages/insert.js";

let loading: Promise<void> | undefined;

/** Loads the style sheet and the templates once. Rejects if they cannot be loaded; the next call then tries again. */
export function loadLazyParts(): Promise<void> {
  return (loading ??= loadStyleAndTemplates().catch((error: unknown) => {
    loading = undefined;
    throw error;
  }));
}

async function loadStyleAndTemplates(): Promise<void> {
  const response = await fetch("manage.html");
  if (!response.ok) throw new Error(`manage.html: ${response.status}`);
  const html = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const template of html.querySelectorAll("template")) {
    insertMessages(template.content);
    document.body.append(document.adoptNode(template));
  }
  await loadStyle("manage.css");
  findPart(document, "secret-template", HTMLTemplateElement);
}

function loadStyle(href: string): Promise<void> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve, reject) => {
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => reject(new Error(href)));
    document.head.append(link);
  });
}
