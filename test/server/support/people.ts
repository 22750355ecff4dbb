/** Starts a server whose accounts are managed over HTTP. */
import { startServer, type NightlightServer, type ServerOptions } from "nightlight-server";
import { onTestFinished } from "vitest";
import { addUsers } from "./guarded.js";
import { ask, logIn, createTestLog, type Answer, type TestLog } from "./http-app.js";
import { createTemporaryFolder } from "./server.js";

/** The password of every user of a people server. The server accepts it, because it is not easy to guess. */
export const PASSWORD = "violet kettle";

/** Matches a one-time code in the log. The first group is the code. */
const CODE_PATTERN = /one-time code ((?:\w{4}-){2}\w{4})/;

export interface PeopleServer {
  readonly server: NightlightServer;
  readonly url: string;
  readonly data: string;
  readonly log: TestLog;
  /** Returns all one-time codes in the log, the newest last. */
  codes(): string[];
  /** Sends a request with a JSON body. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** Starts a server and closes it after the test. */
export async function startPeopleServer(options: ServerOptions = {}): Promise<PeopleServer> {
  const data = options.data ?? (await createTemporaryFolder());
  const log = createTestLog();
  const server = await startServer({ mqttPort: 0, httpPort: 0, history: false, log, ...options, data });
  onTestFinished(() => server.close());
  const url = server.httpUrl!.replace(/\/\/[^:]+:/, "//127.0.0.1:");
  return {
    ...{ server, url, data, log },
    codes: () => log.lines.flatMap(({ text }) => CODE_PATTERN.exec(text)?.[1] ?? []),
    send: (method, path, body, headers = {}) => ask(url, path, { method, body, headers }),
  };
}

/** An administrator who is logged in. */
export interface Administrator extends PeopleServer {
  readonly cookie: string;
  /** Sends a request in the session of the administrator. */
  as(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** Starts a server with the administrator `boss` and further users, and logs in as `boss`. */
export async function startAsAdministrator(
  users: Parameters<typeof addUsers>[1] = {},
  options: ServerOptions = {},
): Promise<Administrator> {
  const data = options.data ?? (await createTemporaryFolder());
  await addUsers(data, { boss: "admin", ...users });
  const started = await startPeopleServer({ ...options, data });
  const cookie = await logIn(started.url, "boss", "the password of boss");
  return { ...started, cookie, as: (method, path, body) => started.send(method, path, body, { cookie }) };
}
