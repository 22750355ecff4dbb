import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { codeOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";

/** An error that the server answers as `{"error": sentence}` with an HTTP status. */
export class HttpError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** Statuses from 500 on that the server throws on purpose, with a message for the client. */
const INTENDED_STATUSES: ReadonlySet<number> = new Set([502, 503, 507]);

/** Answers every error as `{"error": sentence}`. Details of internal errors appear only in the log. */
export function addErrorHandlers(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500 || INTENDED_STATUSES.has(status)) return reply.code(status).send({ error: error.message });
    log.error("http", `${request.method} ${request.url} failed: ${error.message}`, { stack: error.stack });
    return reply.code(status).send({ error: "The server failed to handle this request; see its log for the reason." });
  });
  // Close the connection after an early response, so that the server does not read the rest of the body.
  app.addHook("onSend", (request, reply, _payload, done) => {
    if (!request.raw.complete) reply.header("connection", "close");
    done();
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is no ${request.method} ${request.url.split("?", 1)[0]} here.` }),
  );
}

/** Answers a request with a malformed path. Fastify runs no hooks then, so this function sets the security headers. */
export function answerBadPath(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(error.statusCode ?? 400)
    .headers({ "x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'" })
    .send({ error: "The path is malformed: a % does not begin a valid encoding, or a segment is too long." });
}

/** Response for each error code of Node's HTTP parser. */
const PARSE_ERROR_RESPONSES: Readonly<Record<string, [status: number, error: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request was not complete in time."],
  HPE_HEADER_OVERFLOW: [431, "The headers are longer than 16 KB."],
};

/** Answers a request that Node cannot parse as HTTP, if possible, and closes the connection. */
export function answerUnreadableRequest(error: Error, socket: Socket): void {
  // The client has disconnected, or its TLS handshake failed: it cannot receive a response.
  if (codeOf(error) === "ECONNRESET" || !socket.writable || /^ERR_SSL|^ERR_TLS|^EPROTO/.test(codeOf(error))) {
    socket.destroy();
    return;
  }
  const [status, text] = PARSE_ERROR_RESPONSES[codeOf(error)] ?? [400, "The request is not valid HTTP/1.1 (RFC 9112)."];
  const body = JSON.stringify({ error: text });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  socket.end(`${head}\r\n\r\n${body}`);
  socket.destroySoon();
}
