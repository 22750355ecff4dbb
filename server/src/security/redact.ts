/** Makes URLs and connection strings printable: passwords, tokens and all that may be one are replaced by a mask. */

/** What stands for a secret. */
export const MASK = "********";

/** Query parameters that are no secrets: those of libpq, pg and ioredis. Any other value is masked, whatever it is called. */
const HARMLESS = new Set(
  (
    "application_name client_encoding connect_timeout database db dbname family host port sslcert sslkey sslmode " +
    "sslnegotiation sslrootcert target_session_attrs user uselibpqcompat"
  ).split(" "),
);

/** A password in a connection string of keywords, as libpq has it: `password=…` or `password = '…'`. */
const KEYWORD = /\b(\w*(?:passw|pwd|secret|token|apikey|api_key)\w*\s*=\s*)('(?:\\.|[^'\\])*'|[^\s'"&]+)/gi;

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * A URL or connection string without what may be secret: the password, a user name that stands alone (it may be a token),
 * and the values of query parameters. What is not a URL is masked up to the last `@`, or altogether after its scheme.
 */
export function redactUrl(text: string): string {
  const scheme = SCHEME.exec(text)?.[0];
  if (scheme === undefined) return text.replace(KEYWORD, `$1${MASK}`).replace(/^.*(?:@|%40)/s, `${MASK}@`);
  if (!URL.canParse(text)) return scheme + MASK;
  const [, base, query = "", fragment = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text)!;
  return redactAuthority(scheme, base, /@|%40/.test(query + fragment)) + redactQuery(query) + (fragment && `#${MASK}`);
}

/** @param more whether an `@` follows: then a password may have a `?` or `#` that is not encoded */
function redactAuthority(scheme: string, base: string, more: boolean): string {
  const rest = base.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  if (at < 0) return more && !rest.includes("/") ? scheme + MASK : base;
  const [, user, password] = /^([^:/]*):?(.*)$/s.exec(rest.slice(0, at))!;
  // a slash in a password that is not encoded ends the host, and the user name is not one
  const shown = password && !rest.slice(0, at).includes("/") ? `${user}:${MASK}` : MASK;
  return scheme + shown + rest.slice(at);
}

function redactQuery(query: string): string {
  if (query.length < 2) return query;
  const pairs = query.slice(1).split("&");
  const shown = pairs.map((pair) => {
    const [name, value] = pair.split("=", 2);
    if (value === undefined) return MASK;
    return HARMLESS.has(name.toLowerCase()) ? pair : `${name}=${MASK}`;
  });
  return `?${shown.join("&")}`;
}

/** A sentence, such as the message of an error, with every URL and connection string in it redacted. */
export function redactText(text: string): string {
  return text.replace(KEYWORD, `$1${MASK}`).replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`]+/gi, (url) => redactUrl(url));
}
