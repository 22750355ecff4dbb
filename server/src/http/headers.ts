import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { isLoopback, withoutBrackets } from "../common/hosts.js";

/**
 * Values of `frame-ancestors` that let code editors on this machine embed the dashboard. The Simple Browser of VS Code
 * shows a page in a frame in a webview in a window, on the desktop or in a browser. The browser checks every ancestor
 * of the frame, so all ancestors are listed.
 */
const EDITOR_ANCESTORS = [
  "'self'",
  "vscode-webview:",
  "vscode-file:",
  "https://*.vscode-cdn.net",
  "https://vscode.dev",
  "http://127.0.0.1:*",
  "http://localhost:*",
].join(" ");

/** `Permissions-Policy` that denies browser features, except serial ports, over which the dashboard flashes boards. */
const PERMISSIONS_POLICY = ["camera", "display-capture", "geolocation", "microphone", "payment", "usb"]
  .map((feature) => `${feature}=()`)
  .concat("serial=(self)")
  .join(", ");

/**
 * `Strict-Transport-Security` for 30 days. A longer time would make it hard to return to plain HTTP after a mistake.
 */
const STRICT_TRANSPORT_SECURITY = `max-age=${30 * 24 * 60 * 60}`;

/** Decides which pages may embed the dashboard in a frame. By default none may, which prevents clickjacking. */
export interface HeaderOptions {
  /** Whether code editors may embed the dashboard at the moment. */
  isFramedByEditors(): boolean;
  /** Whether a request comes through Home Assistant, whose page of the same origin embeds the dashboard. */
  isFramedByHomeAssistant(request: IncomingMessage): boolean;
  /** Whether the server uses HTTPS. */
  readonly secure: boolean;
}

/** Adds security headers to every response: content security policy, permissions policy, no caching, HSTS. */
export async function addSecurityHeaders(app: FastifyInstance, options: HeaderOptions): Promise<void> {
  const { secure } = options;
  const listAncestors = (request: IncomingMessage): string => {
    if (options.isFramedByHomeAssistant(request)) return "'self'";
    return options.isFramedByEditors() ? EDITOR_ANCESTORS : "'none'";
  };
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "font-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": [listAncestors],
      },
    },
    // frame-ancestors replaces X-Frame-Options, which cannot make an exception for code editors.
    xFrameOptions: false,
    // The hook below sets this header, because the host name decides whether to send it.
    strictTransportSecurity: false,
  });
  app.addHook("onRequest", (request, { raw }, done) => {
    raw.setHeader("permissions-policy", PERMISSIONS_POLICY);
    // The files of the dashboard set their own cache-control instead.
    raw.setHeader("cache-control", "no-store");
    // Send no HSTS for localhost, where it would also apply to other programs' ports; browsers ignore it for IP
    // addresses.
    const name = withoutBrackets(request.hostname);
    if (secure && !isLoopback(name) && isIP(name) === 0)
      raw.setHeader("strict-transport-security", STRICT_TRANSPORT_SECURITY);
    done();
  });
}
