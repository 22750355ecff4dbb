// The smallest server that can answer. It has no broker, no subscriptions and no state, and answers each reading on the
// sender's connection. It shows the cost of the sockets alone. Usage: node least.mjs <port> <qos>
import { Buffer } from "node:buffer";
import { createServer } from "node:net";

const [port, qos] = process.argv.slice(2).map(Number);
const CONNACK = [0x20, 2, 0, 0];

function answerPackets(bytes) {
  const out = [];
  for (let at = 0; at < bytes.length;) {
    let body = at + 1;
    let length = 0;
    let shift = 0;
    do {
      length |= (bytes[body] & 127) << shift;
      shift += 7;
    } while (bytes[body++] & 128);
    const end = body + length;
    const kind = bytes[at] >> 4;
    if (kind === 1) out.push(Buffer.from(CONNACK));
    else if (kind === 8) out.push(createSuback(bytes, body, end));
    else if (kind === 3) answerPublish(bytes, bytes[at], body, end, out);
    at = end;
  }
  return out;
}

function createSuback(bytes, body, end) {
  const granted = [];
  for (let at = body + 2; at < end; at += 3 + bytes.readUInt16BE(at)) granted.push(qos);
  return Buffer.from([0x90, 2 + granted.length, bytes[body], bytes[body + 1], ...granted]);
}

function answerPublish(bytes, first, body, end, out) {
  let at = body + 2 + bytes.readUInt16BE(body);
  const topic = bytes.toString("latin1", body + 2, at).replace(/telemetry$/, "commands");
  if (first & 6) {
    out.push(Buffer.from([0x40, 2, bytes[at], bytes[at + 1]]));
    at += 2;
  }
  const { light } = JSON.parse(bytes.toString("latin1", at, end));
  const payload = `{"led_on":${light < 300}}`;
  const id = qos ? "\0\x01" : "";
  const length = 2 + topic.length + id.length + payload.length;
  const head = String.fromCharCode(0x30 | (qos << 1), length, 0, topic.length);
  out.push(Buffer.from(head + topic + id + payload, "latin1"));
}

createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    const out = answerPackets(bytes);
    if (out.length > 0) socket.write(out.length === 1 ? out[0] : Buffer.concat(out));
  });
}).listen(port, "127.0.0.1");
