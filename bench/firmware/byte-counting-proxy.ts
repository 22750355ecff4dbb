/** A TCP proxy that counts the forwarded MQTT bytes in both directions. */
import { once } from "node:events";
import net from "node:net";

export class ByteCountingProxy {
  bytes = 0;
  #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(to: number) {
    this.#server = net.createServer({ noDelay: true }, (near) => {
      const far = net.connect({ port: to, host: "127.0.0.1", noDelay: true });
      this.#forward(near, far);
      this.#forward(far, near);
    });
  }

  /** Starts a proxy on a free port of 127.0.0.1 that forwards to `port`. */
  static async start(port: number): Promise<ByteCountingProxy> {
    const proxy = new ByteCountingProxy(port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #forward(from: net.Socket, to: net.Socket): void {
    this.#sockets.add(from);
    from.on("data", (data) => {
      this.bytes += data.length;
      to.write(data);
    });
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
