/** HTTP/1.1 with as few headers as possible. Common HTTP libraries send more headers, and thus more bytes. */
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import {
  answerTo,
  COMMANDS_ADDRESS,
  PASSWORD,
  READINGS_ADDRESS,
  USER_NAME,
  type ProtocolClient,
  type Protocol,
  type ProtocolServer,
  type ConnectionParameters,
} from "./exchange.js";
import { createTlsClientOptions, createTlsServerOptions } from "./tls.js";

const AUTHORIZATION_HEADER = `Basic ${Buffer.from(`${USER_NAME}:${PASSWORD}`).toString("base64")}`;

async function readBody(message: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function answerRequest(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (request.headers.authorization !== AUTHORIZATION_HEADER) return void response.writeHead(401).end();
  const text = request.method === "POST" ? answerTo(body) : '{"led_on":true}';
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": text.length }).end(text);
}

async function startHttpServer({ tls }: ConnectionParameters): Promise<ProtocolServer> {
  const handle: http.RequestListener = (request, response) => void answerRequest(request, response);
  const server = tls ? https.createServer(createTlsServerOptions(tls), handle) : http.createServer(handle);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function connect(keep: boolean, port: number, { tls }: ConnectionParameters): ProtocolClient {
  const agent = tls
    ? // disables TLS session resumption, because boards do not store sessions
      new https.Agent({ keepAlive: keep, maxCachedSessions: 0, ...createTlsClientOptions(tls) })
    : new http.Agent({ keepAlive: keep });
  const { request } = tls ? https : http;
  async function sendRequest(method: string, path: string, body?: string): Promise<string> {
    const headers: http.OutgoingHttpHeaders = { Host: "example.org", Authorization: AUTHORIZATION_HEADER };
    if (body !== undefined)
      Object.assign(headers, { "Content-Type": "application/json", "Content-Length": body.length });
    if (!keep) headers.Connection = "close";
    const clientRequest = request({ host: "127.0.0.1", port, method, path: `/${path}`, headers, agent });
    clientRequest.end(body);
    const [response] = (await once(clientRequest, "response")) as [http.IncomingMessage];
    const answer = (await readBody(response)).toString();
    if (response.statusCode !== 200) throw new Error(`The HTTP server answered with status ${response.statusCode}.`);
    return answer;
  }
  return {
    send: (reading) => sendRequest("POST", READINGS_ADDRESS, reading),
    receiveCommand: () => sendRequest("GET", COMMANDS_ADDRESS),
    close: async () => agent.destroy(),
  };
}

const createHttpProtocol = (name: string, keep: boolean): Protocol => ({
  name,
  connectsPerReading: !keep,
  startServer: startHttpServer,
  connect: async (port, parameters) => connect(keep, port, parameters),
});

export const HTTP_KEEP_ALIVE_PROTOCOL = createHttpProtocol("HTTP/1.1, one connection", true);
export const HTTP_RECONNECTING_PROTOCOL = createHttpProtocol("HTTP/1.1, a connection each time", false);
