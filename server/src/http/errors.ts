import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { codeOf } from "../common/errors.js";
import type { Log } from "../observability/log.js";

/** An answer other than 200, as `{"error": sentence}`. */
export class HttpError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** Sees to it that every error is answered so, and that what went wrong inside stays in the log. */
export function errorHandlers(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    // these are said on purpose, and will pass
    if (status < 500 || status === 503 || status === 507) return reply.code(status).send({ error: error.message });
    log.error("http", `${request.method} ${request.url} failed: ${error.message}`, { stack: error.stack });
    return reply.code(status).send({ error: "The server failed at this request; its log says more." });
  });
  // what is refused before its body has come is not read to the end
  app.addHook("onSend", (request, reply, _payload, done) => {
    if (!request.raw.complete) reply.header("connection", "close");
    done();
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is no ${request.method} ${request.url.split("?", 1)[0]} here.` }),
  );
}

/** Answers a request whose path means nothing, which gets to no route, and so to no guard and no headers either. */
export function answerBadPath(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(error.statusCode ?? 400)
    .headers({ "x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'" })
    .send({ error: "The path is not one: a % in it encodes nothing, or a part of it is too long." });
}

const UNREADABLE: Readonly<Record<string, [status: number, error: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not come to its end in time."],
  HPE_HEADER_OVERFLOW: [431, "The headers are longer than 16 KB."],
};

/** Answers what is not HTTP, as far as it can be answered, and closes. */
export function answerUnreadable(error: Error, socket: Socket): void {
  // a client that went away, or a TLS handshake that failed: there is nobody to answer
  if (codeOf(error) === "ECONNRESET" || !socket.writable || /^ERR_SSL|^ERR_TLS|^EPROTO/.test(codeOf(error))) {
    socket.destroy();
    return;
  }
  const [status, text] = UNREADABLE[codeOf(error)] ?? [400, "This is not HTTP/1.1 as RFC 9112 has it."];
  const body = JSON.stringify({ error: text });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  socket.end(`${head}\r\n\r\n${body}`);
  socket.destroySoon();
}
