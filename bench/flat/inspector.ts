/** What a Node process holds, asked by way of its inspector: nothing in the program itself need be prepared for it. */
import { once } from "node:events";
import { WebSocket } from "ws";

interface Answer {
  readonly id: number;
  readonly error?: { readonly message: string };
  readonly result: unknown;
}

/** In bytes. */
export interface Memory {
  /** Of V8's heap. */
  readonly heap: number;
  /** Of buffers and typed arrays, which are beside it. */
  readonly buffers: number;
}

/**
 * What is in use after everything that is not needed was collected.
 * @param port that of `--inspect`
 * @throws Error when the inspector cannot be reached or refuses
 */
export async function memoryOf(port: number): Promise<Memory> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
  await once(socket, "open");
  let id = 0;
  async function ask(method: string, params: object = {}): Promise<unknown> {
    const own = ++id;
    socket.send(JSON.stringify({ id: own, method, params }));
    for (;;) {
      const [data] = (await once(socket, "message")) as [Buffer];
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id !== own) continue;
      if (answer.error) throw new Error(`The inspector refused ${method}: ${answer.error.message}`);
      return answer.result;
    }
  }
  try {
    // finalizers of the first collection leave work for the second
    await ask("HeapProfiler.collectGarbage");
    await ask("HeapProfiler.collectGarbage");
    const { usedSize } = (await ask("Runtime.getHeapUsage")) as { usedSize: number };
    const expression = "process.memoryUsage().arrayBuffers";
    const { result } = (await ask("Runtime.evaluate", { expression })) as { result: { value: number } };
    return { heap: usedSize, buffers: result.value };
  } finally {
    socket.close();
  }
}
