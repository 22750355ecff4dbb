import { Aedes } from "aedes";
import { once } from "node:events";
import net from "node:net";
import { describe } from "vitest";
import { type BrokerDriver, testSessionGuarantees } from "./session-promises.js";

async function startAedes(): Promise<BrokerDriver> {
  const sockets = new Set<net.Socket>();
  let aedes = await Aedes.createBroker();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    aedes.handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  async function stopBroker(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => aedes.close(resolve));
  }
  return {
    port: (server.address() as net.AddressInfo).port,
    // aedes 1.1 sends PUBREL and then the same PUBLISH again, so a message may arrive twice.
    resendsAfterPubrec: true,
    async dropSessions() {
      await stopBroker();
      aedes = await Aedes.createBroker();
    },
    async close() {
      await stopBroker();
      server.close();
      await once(server, "close");
    },
  };
}

describe("the session's guarantees with aedes", () => {
  testSessionGuarantees(startAedes);
});
