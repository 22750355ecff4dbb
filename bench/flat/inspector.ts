/** Measures the memory of a Node process through its inspector, without changes to the program. */
import { once } from "node:events";
import { WebSocket } from "ws";

interface InspectorResponse {
  readonly id: number;
  readonly error?: { readonly message: string };
  readonly result: unknown;
}

/** Memory that a process uses after a garbage collection, in bytes. */
export interface MemoryUsage {
  /** Used part of V8's heap, in bytes. */
  readonly heap: number;
  /** Size of buffers and typed arrays, which are outside V8's heap, in bytes. */
  readonly buffers: number;
}

/**
 * Returns the memory in use after a garbage collection.
 * @param port the port given to `--inspect`
 * @throws Error when the inspector is unreachable or refuses a command
 */
export async function readMemoryUsage(port: number): Promise<MemoryUsage> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
  await once(socket, "open");
  let id = 0;
  async function sendCommand(method: string, params: object = {}): Promise<unknown> {
    const own = ++id;
    socket.send(JSON.stringify({ id: own, method, params }));
    for (;;) {
      const [data] = (await once(socket, "message")) as [Buffer];
      const answer = JSON.parse(data.toString()) as InspectorResponse;
      if (answer.id !== own) continue;
      if (answer.error) throw new Error(`The inspector refused ${method}: ${answer.error.message}`);
      return answer.result;
    }
  }
  try {
    // collects a second time, because finalizers release more objects after the first garbage collection
    await sendCommand("HeapProfiler.collectGarbage");
    await sendCommand("HeapProfiler.collectGarbage");
    const { usedSize } = (await sendCommand("Runtime.getHeapUsage")) as { usedSize: number };
    const expression = "process.memoryUsage().arrayBuffers";
    const { result } = (await sendCommand("Runtime.evaluate", { expression })) as { result: { value: number } };
    return { heap: usedSize, buffers: result.value };
  } finally {
    socket.close();
  }
}
