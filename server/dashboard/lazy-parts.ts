/** Loads style and templates of the parts of the page that it loads later. */

import { findPart } from "./dom.js";
import { insertMessages } from "./messages/insert.js";

let loading: Promise<void> | undefined;

/** Loads style and templates once. Rejects if they cannot be loaded; the next call then tries again. */
export function loadLazyParts(): Promise<void> {
  return (loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  }));
}

async function load(): Promise<void> {
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
