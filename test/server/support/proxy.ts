/** Starts reverse proxies with the configuration files from the documentation. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "../../../scripts/lib/repository.js";
import { generateCertificate } from "../../support/certificates.js";
import { eventually } from "../../support/eventually.js";
import { freePort } from "../../support/free-port.js";
import { CADDY, NGINX, TRAEFIK } from "../../support/programs.js";
import { createTemporaryFolder } from "./server.js";

export type ProxyKind = "nginx" | "Caddy" | "Traefik";

/** The proxy's host name in the documentation. */
export const PROXY_HOST = "lights.example.org";

/** The server's address in the documentation. */
const DOCUMENTED_BACKEND = "127.0.0.1:8080";
const CERTIFICATE_FOLDER = `/etc/letsencrypt/live/${PROXY_HOST}/`;

interface ProxySetup {
  readonly folder: string;
  readonly port: number;
  /** The documented configuration, with the address of the test's server. */
  readonly text: string;
}

/** For each proxy, writes its configuration files and returns the command that starts it. */
const PROXY_SETUPS: Record<ProxyKind, (setup: ProxySetup) => Promise<[program: string, args: string[]]>> = {
  async nginx({ folder, port, text }) {
    const site = text.replace("listen 443", `listen 127.0.0.1:${port}`).replaceAll(CERTIFICATE_FOLDER, `${folder}/`);
    await writeFile(path.join(folder, "site.conf"), site);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((kind) => `${kind}_temp_path tmp;`)
      .join(" ");
    await writeFile(
      path.join(folder, "nginx.conf"),
      `daemon off; pid nginx.pid; events {} http { access_log off; ${temporary} include site.conf; }`,
    );
    return [NGINX!, ["-c", path.join(folder, "nginx.conf"), "-p", folder, "-e", "stderr"]];
  },
  async Caddy({ folder, port, text }) {
    const site = text.replace(
      `${PROXY_HOST} {`,
      `${PROXY_HOST}:${port} {\n\tbind 127.0.0.1\n\ttls fullchain.pem privkey.pem`,
    );
    await writeFile(path.join(folder, "Caddyfile"), `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
    return [CADDY!, ["run", "--config", "Caddyfile", "--adapter", "caddyfile"]];
  },
  async Traefik({ folder, port, text }) {
    const tls = "tls: { certificates: [{ certFile: fullchain.pem, keyFile: privkey.pem }] }";
    const site = text.replace("tls:\n        certResolver: letsencrypt", "tls: {}");
    await writeFile(path.join(folder, "site.yaml"), `${site}\n${tls}\n`);
    const entry = `--entryPoints.websecure.address=127.0.0.1:${port}`;
    return [TRAEFIK!, [entry, "--providers.file.filename=site.yaml", "--global.checkNewVersion=false"]];
  },
};

/**
 * Starts a proxy with a file of `docs/examples/proxy/`, adapted to test addresses and certificates. Stops it after the test.
 * @param backend the server's URL
 * @returns the HTTPS port on loopback
 */
export async function startProxy(kind: ProxyKind, file: string, backend: string): Promise<number> {
  const folder = await createTemporaryFolder();
  const { cert, key } = await generateCertificate(PROXY_HOST);
  await writeFile(path.join(folder, "fullchain.pem"), cert);
  await writeFile(path.join(folder, "privkey.pem"), key);
  await mkdir(path.join(folder, "tmp"));
  const port = await freePort();
  const documented = await readFile(path.join(ROOT, "docs", "examples", "proxy", file), "utf8");
  const text = documented.replaceAll(DOCUMENTED_BACKEND, new URL(backend).host);
  const [program, args] = await PROXY_SETUPS[kind]({ folder, port, text });
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (part: Buffer) => (said += part.toString()));
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`${kind} did not start: ${said}`);
      return isListening(port);
    },
    { what: `${kind} to listen` },
  );
  return port;
}

async function isListening(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
