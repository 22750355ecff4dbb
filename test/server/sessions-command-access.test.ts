/** Tests the server address and the credentials of the command `nightlight-server sessions`. */
import { writeFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createCommand } from "../../server/src/app/cli.js";
import { serverUrlOf } from "../../server/src/config/server-url.js";
import { silentLog } from "../../server/src/observability/log.js";
import { watchCertificates } from "../../server/src/security/certificates.js";
import { generateCertificate, writeCertificateAndKey } from "../support/certificates.js";
import { freePort } from "../support/free-port.js";
import { writeConfigFile } from "./support/config.js";
import { startHttpApp, portOf, createThreeAccounts } from "./support/http-app.js";
import { createTemporaryFolder } from "./support/server.js";
import { createHousehold, runSessions, type CommandInput } from "./support/sessions-program.js";

describe("credentials", () => {
  test("a token comes from the environment or from a file, which takes precedence", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts(), sessions: createHousehold() });
    const file = path.join(await createTemporaryFolder(), "token");
    await writeFile(file, "ann-token\n");
    const end = ["end", "phone", "--url", url];
    expect((await runSessions([...end, "--account", "bob"], { env: { NIGHTLIGHT_TOKEN: "ann-token" } })).error).toBe(
      "",
    );
    const env = { NIGHTLIGHT_TOKEN: "rob-token" };
    expect((await runSessions([...end, "--token-file", file], { env })).error).toBe("");
  });

  test("--user asks for the password and never shows it", async () => {
    const { url } = await startHttpApp({ accounts: createThreeAccounts(), sessions: createHousehold() });
    const right = await runSessions(["list", "--user", "rob", "--url", url], { types: "rob password" });
    expect(right).toEqual({ out: expect.stringContaining("phone\tann"), said: "Password for rob: \n", error: "" });
    const wrong = await runSessions(["list", "--user", "rob", "--url", url], { types: "secret" });
    expect(wrong.error).toMatch(/^CommandError: .* does not accept the user name or the password\./);
    expect(JSON.stringify(wrong)).not.toContain("secret");
  });

  test.each<[what: string, args: string[], how: CommandInput, error: RegExp]>([
    ["no token", ["list"], {}, /asks who you are\. .*user token NAME.*NIGHTLIGHT_TOKEN.*--token-file.*--user NAME\.$/],
    ["a wrong token", ["list"], { env: { NIGHTLIGHT_TOKEN: "x-token" } }, /^CommandError: .* not accept the token\./],
    [
      "a board's",
      ["list"],
      { env: { NIGHTLIGHT_TOKEN: "porch-token" } },
      /"porch" is the account of a board, which has no righ/,
    ],
    [
      "a reader's",
      ["end", "desk"],
      { env: { NIGHTLIGHT_TOKEN: "rob-token" } },
      /^CommandError: "rob" has the role "reader", .*\. Only an administrator may end a session\.$/,
    ],
    ["no token at all", ["list"], { env: { NIGHTLIGHT_TOKEN: "two words" } }, /^UsageError: NIGHTLIGHT_TOKEN does not/],
    ["no file", ["list", "--token-file", "/none"], {}, /^UsageError: --token-file \/none cannot be read: ENOENT/],
    ["two flags", ["list", "--token-file", "x", "--user", "ann"], {}, /^UsageError: Give --user or --token-file, not/],
    ["no terminal", ["list", "--user", "ann"], {}, /^UsageError: There is no terminal .*NIGHTLIGHT_TOKEN/],
  ])("%s: the error says what to do", async (_what, args, how, error) => {
    const directory = createHousehold();
    const { url } = await startHttpApp({ accounts: createThreeAccounts(), sessions: directory });
    const outcome = await runSessions([...args, "--url", url], how);
    expect(outcome.error).toMatch(error);
    expect(outcome.out).toBe("");
    expect(directory.list()).toHaveLength(3);
  });
});

describe("the server's address", () => {
  test("the server's address comes from the configuration", async () => {
    const { server } = await startHttpApp({ sessions: createHousehold() });
    const file = await writeConfigFile(`http_port: ${portOf(server)}\n`);
    expect((await runSessions(["list", "--config", file])).out).toMatch(/^desk\t/);
    const env = { NIGHTLIGHT_HTTP_PORT: String(portOf(server)) };
    expect((await runSessions(["list"], { env })).out).toMatch(/^desk\t/);
  });

  test.each([
    [[], "http://127.0.0.1:8080"],
    [["--host", "0.0.0.0", "--anonymous"], "http://127.0.0.1:8080"],
    [["--host", "::", "--anonymous", "--http-port", "81"], "http://[::1]:81"],
    [["--host", "fe80::1", "--anonymous"], "http://[fe80::1]:8080"],
    [["--host", "localhost"], "http://localhost:8080"],
    [["--tls-cert", import.meta.filename, "--tls-key", import.meta.filename], "https://127.0.0.1:8080"],
  ])("the flags %j result in the address %s", (flags, url) => {
    const command = createCommand().parse(flags, { from: "user" });
    expect(serverUrlOf(command, {})).toBe(url);
  });

  test("the server's address may have a path, as behind a reverse proxy", async () => {
    const paths: (string | undefined)[] = [];
    const proxy = http.createServer((request, response) => {
      paths.push(request.url);
      response.end("[]");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    for (const end of ["", "/"])
      await runSessions(["list", "--url", `http://127.0.0.1:${portOf(proxy)}/home/light${end}`]);
    expect(paths).toEqual(["/home/light/api/sessions", "/home/light/api/sessions"]);
  });

  test("an error names the address and a remedy when no server answers", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect((await runSessions(["list", "--url", url])).error).toBe(
      `CommandError: The server at ${url} cannot be reached: nothing listens there; start it, or give its address with --url.`,
    );
    expect((await runSessions(["list", "--url", "http://none.invalid"])).error).toMatch(
      /none\.invalid cannot be reached: there is no such host; correct --url\.$/,
    );
  });

  test("an error names the address when another program answers", async () => {
    const other = http.createServer((_request, response) => response.writeHead(404).end("<h1>Not found</h1>"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const url = `http://127.0.0.1:${portOf(other)}`;
    expect((await runSessions(["list", "--url", url])).error).toBe(
      `CommandError: ${url} does not answer as a nightlight-server of this version does (status 404); correct --url.`,
    );
    expect((await runSessions(["list", "--url", url.replace("http", "https")])).error).toMatch(
      /^CommandError: .*https:.* without it with http\.$/,
    );
  });

  test("an https address requires a trusted certificate", async () => {
    const folder = await createTemporaryFolder();
    const files = await writeCertificateAndKey(folder, "own", await generateCertificate("localhost"));
    const tls = await watchCertificates(files, silentLog);
    onTestFinished(() => tls.close());
    const { url } = await startHttpApp({ tls, sessions: createHousehold() });
    expect((await runSessions(["list", "--url", url])).error).toMatch(
      /^CommandError: .* its certificate is not trusted \(\w+\); .* NODE_EXTRA_CA_CERTS\.$/,
    );
  });

  test("for a server with a remote broker, the error refers to that broker", async () => {
    const { url } = await startHttpApp();
    expect((await runSessions(["list", "--url", url])).error).toMatch(
      /^CommandError: This server has joined the broker mqtt:\/\/127\.0\.0\.1:1; list and end sessions with/,
    );
  });

  test.each<[args: string[], error: RegExp]>([
    [["--url", "127.0.0.1:8080"], /^UsageError: --url is "127\.0\.0\.1:8080"; it must be an address such as http:/],
    [["--url", "mqtt://127.0.0.1"], /^UsageError: --url is "mqtt:\/\/127\.0\.0\.1"; it must be/],
    [["--url", "http://ann:secret@127.0.0.1"], /^UsageError: --url must not contain a user name or a password;/],
    [["--http-port", "0"], /^UsageError: http_port is 0, .*give its address with --url\.$/],
    [["--no-http"], /^UsageError: The server has no HTTP API, .*: --no-http switches it off\. .*--url\.$/],
    [["--http-port", "none"], /^ConfigurationError|^UsageError: --http-port is "none"/],
  ])("the flags %j are refused with the reason", async (args, error) => {
    expect((await runSessions(["list", ...args])).error).toMatch(error);
  });

  test("an address from --url makes an invalid configuration file irrelevant", async () => {
    const { url } = await startHttpApp({ sessions: createHousehold() });
    const file = await writeConfigFile("http_port: none\n");
    expect((await runSessions(["list", "--url", url, "--config", file])).error).toBe("");
  });
});
