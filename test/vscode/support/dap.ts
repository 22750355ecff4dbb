/** A client of the Debug Adapter Protocol over TCP. */
import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";

interface DapMessage {
  readonly type: "response" | "event";
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly event?: string;
  readonly body: unknown;
}

/** A connection to a debug adapter. Emits the adapter's events by name, with their bodies. */
export class Debugger extends EventEmitter {
  readonly #answers = new Map<number, (message: DapMessage) => void>();
  #seq = 0;
  #rest = Buffer.alloc(0);

  private constructor(private readonly socket: Socket) {
    super();
    socket.on("data", (data) => this.#take(data));
  }

  static async connect(port: number): Promise<Debugger> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new Debugger(socket);
  }

  /** Sends a request. @throws Error with the adapter's message when the adapter refuses */
  async ask<T>(command: string, args: object = {}): Promise<T> {
    const seq = ++this.#seq;
    const text = JSON.stringify({ seq, type: "request", command, arguments: args });
    this.socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    const answer = await new Promise<DapMessage>((resolve) => this.#answers.set(seq, resolve));
    if (!answer.success) throw new Error(`${command}: ${answer.message}`);
    return answer.body as T;
  }

  disconnect(): void {
    this.socket.destroy();
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const end = this.#rest.indexOf("\r\n\r\n");
      const [, size] = /Content-Length: (\d+)/.exec(this.#rest.subarray(0, Math.max(end, 0)).toString()) ?? [];
      const next = end + 4 + Number(size);
      if (size === undefined || this.#rest.length < next) return;
      const message = JSON.parse(this.#rest.subarray(end + 4, next).toString()) as DapMessage;
      this.#rest = this.#rest.subarray(next);
      if (message.type === "event") this.emit(message.event as string, message.body);
      else this.#answers.get(message.request_seq as number)?.(message);
    }
  }
}
