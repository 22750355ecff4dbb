import { COMMAND_NAME } from "../../common/command-name.js";
import http from "node:http";
import https from "node:https";
import { text as readAll } from "node:stream/consumers";
import { codeOf, CommandError, textOf, UsageError } from "../../common/errors.js";
import { redactUrl } from "../../security/redact.js";

/** The URL of a running server, and the credentials for its HTTP API. */
export interface ServerAccess {
  /** The URL of the server. Requests append a path such as `api/sessions`. */
  readonly url: URL;
  /** The value of the `Authorization` header; undefined without credentials. */
  readonly authorization: string | undefined;
}

/** Timeout of a request, in ms. */
const REQUEST_TIMEOUT = 10_000;

/**
 * Parses the value of `--url`. Keeps the path of the URL, because a reverse proxy may serve the API below a path.
 * @throws UsageError for an invalid URL
 */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new UsageError(`--url is "${redactUrl(text)}"; it must be an address such as http://127.0.0.1:8080.`);
  if (url.username || url.password)
    throw new UsageError("--url must not contain a user name or a password; give them with --user NAME.");
  return new URL(url.pathname.replace(/\/*$/, "/"), url);
}

/**
 * Sends a request and returns the JSON of its answer.
 * @throws CommandError when the request fails or the server refuses it
 */
export async function requestJson(
  access: ServerAccess,
  method: string,
  path: string,
  content?: object,
): Promise<unknown> {
  const { status, body } = await sendRequest(access, method, path, content);
  if (status < 300 && (status === 204 || body !== undefined)) return body;
  throw refusalError(access, status, body);
}

interface JsonResponse {
  readonly status: number;
  /** The JSON body of the answer, parsed; undefined if the body is not JSON. */
  readonly body: unknown;
}

/** Sends a request, and returns its answer whatever the status. @throws CommandError when the server cannot be reached */
export async function sendRequest(
  { url, authorization }: ServerAccess,
  method: string,
  path: string,
  content?: object,
): Promise<JsonResponse> {
  const { request: send } = url.protocol === "https:" ? https : http;
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT);
  try {
    return await new Promise<JsonResponse>((resolve, reject) => {
      const headers = {
        ...(authorization !== undefined && { authorization }),
        ...(content && { "content-type": "application/json" }),
      };
      send(new URL(path, url), { method, headers, signal, agent: false }, (response) => {
        readAll(response).then((text) => resolve({ status: response.statusCode!, body: parseJson(text) }), reject);
      })
        .on("error", reject)
        .end(content && JSON.stringify(content));
    });
  } catch (error) {
    throw new CommandError(`The server at ${displayUrl(url)} cannot be reached: ${connectionProblem(error)}.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Formats a URL for messages, without credentials and trailing slash. */
export function displayUrl(url: URL): string {
  return redactUrl(url.href).replace(/\/$/, "");
}

const START_OR_URL_HINT = "start it, or give its address with --url";

function connectionProblem(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case "ECONNREFUSED":
      return `nothing listens there; ${START_OR_URL_HINT}`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "there is no such host; correct --url";
    case "ABORT_ERR":
      return `it did not answer within ${REQUEST_TIMEOUT / 1000} s; ${START_OR_URL_HINT}`;
    case "ECONNRESET":
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return `the connection was closed (${code}); with TLS the address begins with https, without it with http`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return "its certificate is for another name; give --url with the name in the certificate";
  }
  if (/CERT|SIGN|ISSUER|TRUST/.test(code))
    return `its certificate is not trusted (${code}); name your certificate authority's file in NODE_EXTRA_CA_CERTS`;
  return textOf(error);
}

/** Returns the error that explains why the server has refused a request. */
export function refusalError({ url, authorization }: ServerAccess, status: number, body: unknown): CommandError {
  const { error } = (body ?? {}) as { error?: unknown };
  if (typeof error !== "string")
    return new CommandError(
      `${displayUrl(url)} does not answer as a nightlight-server of this version does (status ${status}); correct --url.`,
    );
  if (status !== 401) return new CommandError(error);
  const basic = authorization !== undefined && /^Basic/.test(authorization);
  if (authorization !== undefined && !basic)
    return new CommandError(
      `The server at ${displayUrl(url)} does not accept the token. ${error} Give the new one in NIGHTLIGHT_TOKEN or with --token-file FILE; or log in with --user NAME.`,
    );
  const problem = basic
    ? `The server at ${displayUrl(url)} does not accept the user name or the password.`
    : `The server at ${displayUrl(url)} asks who you are.`;
  return new CommandError(
    `${problem} Make a token with ${COMMAND_NAME} user token NAME, and give it in NIGHTLIGHT_TOKEN or with --token-file FILE; or log in with --user NAME.`,
  );
}
