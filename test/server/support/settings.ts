/** Starts a server with a configuration file that its HTTP API can change. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createCommand, createLog, LiveConfiguration, loadConfiguration, startServer, type Log } from "nightlight-server"; // prettier-ignore
import { onTestFinished } from "vitest";
import type { Environment } from "../../../server/src/common/environment.js";
import type { SettingsView } from "../../../server/src/http/settings/source.js";
import { ask, type Answer } from "./api.js";
import { createTemporaryFolder } from "./server.js";

/** The answer to a request about settings. */
export interface SettingsAnswer extends Answer {
  readonly body: SettingsView & {
    readonly error?: string;
    readonly by?: unknown;
    readonly changed?: readonly (string & { name: string })[];
    readonly settings: SettingsView & SettingsView["settings"];
  };
}

export interface SettingsServer {
  readonly httpUrl: string;
  readonly brokerUrl: string;
  readonly file: string;
  readonly configuration: LiveConfiguration;
  /** The parsed lines of the log, in order. */
  readonly lines: { readonly level: string; readonly msg: string; readonly changed?: readonly string[] }[];
  text(): Promise<string>;
  /** Writes the configuration file without the API, as a person with an editor does. */
  write(text: string): Promise<void>;
  get(): Promise<{ view: SettingsView; etag: string }>;
  /** Sends a change. Without `etag`, the change overwrites any version of the settings. */
  send(method: string, path: string, body?: unknown, etag?: string, headers?: Record<string, string>): Promise<SettingsAnswer>; // prettier-ignore
  patch(values: object, etag?: string): Promise<SettingsAnswer>;
  close(): Promise<void>;
}

export interface SettingsServerOptions {
  readonly flags?: readonly string[];
  readonly env?: Environment;
  /** The path of an existing configuration file. By default, the server gets a new file with the given text. */
  readonly file?: string;
  readonly data?: string;
}

/**
 * Starts a server on free ports, and closes it after the test.
 * @param text the text of the configuration file; undefined to start without a file
 */
export async function startSettingsServer(
  text: string | undefined,
  options: SettingsServerOptions = {},
): Promise<SettingsServer> {
  const { flags = [], env = {} } = options;
  const folder = await createTemporaryFolder();
  const file = options.file ?? path.join(folder, "nightlight.yaml");
  if (text !== undefined) await writeFile(file, text);
  const lines: SettingsServer["lines"] = [];
  const log: Log = createLog("json", {
    output: { write: (written: string) => written.split("\n").filter(Boolean).map((line) => lines.push(JSON.parse(line) as (typeof lines)[number])) }, // prettier-ignore
  });
  const data = options.data ?? path.join(folder, "data");
  const command = createCommand().parse(["--data", data, "--config", file, ...flags], { from: "user" });
  const variables = { NIGHTLIGHT_MQTT_PORT: "0", NIGHTLIGHT_HTTP_PORT: "0", ...env };
  const current = loadConfiguration(command, variables);
  const configuration = new LiveConfiguration({ command, env: variables, log, current });
  const running = await startServer({ ...current.options, log, configuration });
  onTestFinished(() => running.close());
  configuration.connect(running);
  const httpUrl = running.httpUrl!;
  const send: SettingsServer["send"] = async (method, path, body, etag, headers = {}) => {
    const condition = etag === undefined ? "*" : `"${etag}"`;
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await ask(httpUrl, path, { method, headers: { "if-match": condition, ...type, ...headers } }, body === undefined ? undefined : JSON.stringify(body)); // prettier-ignore
    return answer as SettingsAnswer;
  };
  return {
    httpUrl,
    brokerUrl: running.brokerUrl,
    file,
    configuration,
    lines,
    text: () => readFile(file, "utf8"),
    write: (changed) => writeFile(file, changed),
    async get() {
      const { body, headers } = await ask(httpUrl, "/api/settings");
      return { view: body as SettingsView, etag: String(headers.etag).replaceAll('"', "") };
    },
    send,
    patch: (values, etag) => send("PATCH", "/api/settings", values, etag),
    close: () => running.close(),
  };
}
