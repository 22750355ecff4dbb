/**
 * Client-side routes in the URL's hash: `#/`, `#/zones`, `#/zone/<name>`, `#/board/<id>`, `#/people`, `#/settings`,
 * `#/add-board`, `#/alerts`, `#/help`. Does not use the DOM.
 */

export type Route =
  | { readonly view: "boards" | "people" | "settings" | "add-board" | "alerts" | "help" }
  | { readonly view: "zones"; readonly name?: string }
  | { readonly view: "board"; readonly id: string };

/** Parses a URL hash into a route; an unknown hash shows the boards. Ids may be percent-encoded or plain. */
export function parseRoute(hash: string): Route {
  const [, view, rest] = /^#\/([\w-]+)(?:\/(.+))?$/.exec(hash) ?? [];
  if (view === "board" && rest) return { view, id: decodeOrKeep(rest) };
  if (view === "zone" && rest) return { view: "zones", name: decodeOrKeep(rest) };
  if (view === "people" || view === "settings" || view === "help") return { view };
  if (view === "add-board" || view === "alerts" || view === "zones") return { view };
  return { view: "boards" };
}

export function formatBoardHash(id: string): string {
  return `#/board/${encodeURIComponent(id)}`;
}

export function formatZoneHash(name: string): string {
  return `#/zone/${encodeURIComponent(name)}`;
}

function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a URL that somebody typed may contain a plain %
  }
}
