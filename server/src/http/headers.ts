import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";
import { isIP } from "node:net";
import { isLoopback } from "../common/hosts.js";

/**
 * Who may show the dashboard in a frame while it is open to everybody on this machine: VS Code, whose Simple Browser is a
 * frame in a webview in its window (every ancestor counts), there and in a browser, and other programs of this machine.
 */
const EDITORS = [
  "'self'",
  "vscode-webview:",
  "vscode-file:",
  "https://*.vscode-cdn.net",
  "https://vscode.dev",
  "http://127.0.0.1:*",
  "http://localhost:*",
].join(" ");

/** What no page here needs. */
const PERMISSIONS = ["camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb"]
  .map((feature) => `${feature}=()`)
  .join(", ");

/** For 30 days a browser then uses nothing but HTTPS with this name: a longer time outlives a mistake. */
const STRICT_TRANSPORT = `max-age=${30 * 24 * 60 * 60}`;

/**
 * Adds the headers that make a browser careful. No frame, wherever there is something to steal by a click: only while
 * `framed` says so may an editor's frame show the page.
 * @param secure whether this is HTTPS
 */
export async function securityHeaders(app: FastifyInstance, framed: () => boolean, secure: boolean): Promise<void> {
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
        "frame-ancestors": [() => (framed() ? EDITORS : "'none'")],
      },
    },
    // frame-ancestors says it better, and this cannot name an editor
    xFrameOptions: false,
    // below, because not every name is to be bound to it
    strictTransportSecurity: false,
  });
  app.addHook("onRequest", (request, { raw }, done) => {
    raw.setHeader("permissions-policy", PERMISSIONS);
    // the files of the dashboard say otherwise
    raw.setHeader("cache-control", "no-store");
    // of localhost every port would be bound, those of other programs as well; an address cannot be
    const name = request.hostname.replace(/^\[|\]$/g, "");
    if (secure && !isLoopback(name) && isIP(name) === 0) raw.setHeader("strict-transport-security", STRICT_TRANSPORT);
    done();
  });
}
