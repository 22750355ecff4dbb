/** Redacts URLs and connection strings for display: masks passwords, tokens, and values that may be secret. */

/** The text that replaces a secret in logs and errors. */
export const SECRET_MASK = "********";

/** Query parameters of libpq, pg and ioredis that contain no secret. All others are masked. */
const HARMLESS_PARAMETERS = new Set(
  (
    "application_name client_encoding connect_timeout database db dbname family host port sslcert sslkey sslmode " +
    "sslnegotiation sslrootcert target_session_attrs user uselibpqcompat"
  ).split(" "),
);

/** Matches a password in a keyword connection string of libpq: `password=…` or `password = '…'`. */
const KEYWORD_SECRET_PATTERN =
  /\b(\w*(?:passw|pwd|secret|token|apikey|api_key)\w*\s*=\s*)('(?:\\.|[^'\\])*'|[^\s'"&]+)/gi;

const URL_SCHEME_PATTERN = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Masks secrets in a URL or connection string: the password, a user name without a password (which may be a token), and values
 * of query parameters. Masks text that is not a valid URL up to the last `@`, or completely after the scheme.
 */
export function redactUrl(text: string): string {
  const scheme = URL_SCHEME_PATTERN.exec(text)?.[0];
  if (scheme === undefined)
    return text.replace(KEYWORD_SECRET_PATTERN, `$1${SECRET_MASK}`).replace(/^.*(?:@|%40)/s, `${SECRET_MASK}@`);
  if (!URL.canParse(text)) return scheme + SECRET_MASK;
  const [, base, query = "", fragment = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(text)!;
  return (
    redactAuthority(scheme, base, /@|%40/.test(query + fragment)) + redactQuery(query) + (fragment && `#${SECRET_MASK}`)
  );
}

/** @param isFollowedByAt whether an `@` follows the authority: then the password may contain an unencoded `?` or `#` */
function redactAuthority(scheme: string, base: string, isFollowedByAt: boolean): string {
  const rest = base.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  if (at < 0) return isFollowedByAt && !rest.includes("/") ? scheme + SECRET_MASK : base;
  const [, user, password] = /^([^:/]*):?(.*)$/s.exec(rest.slice(0, at))!;
  // an unencoded slash in a password ends the authority too early, and then the user name may be part of the password
  const shown = password && !rest.slice(0, at).includes("/") ? `${user}:${SECRET_MASK}` : SECRET_MASK;
  return scheme + shown + rest.slice(at);
}

function redactQuery(query: string): string {
  if (query.length < 2) return query;
  const pairs = query.slice(1).split("&");
  const shown = pairs.map((pair) => {
    const [name, value] = pair.split("=", 2);
    if (value === undefined) return SECRET_MASK;
    return HARMLESS_PARAMETERS.has(name.toLowerCase()) ? pair : `${name}=${SECRET_MASK}`;
  });
  return `?${shown.join("&")}`;
}

/** Masks the path of a URL, for services whose URL works like a password. */
export function redactUrlPath(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return pathname === "/" && !search ? origin : `${origin}/${SECRET_MASK}`;
}

/** Masks secrets in all URLs and connection strings within a text, such as an error message. */
export function redactText(text: string): string {
  return text
    .replace(KEYWORD_SECRET_PATTERN, `$1${SECRET_MASK}`)
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`]+/gi, (url) => redactUrl(url));
}
