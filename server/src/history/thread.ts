import { Worker } from "node:worker_threads";
import { textOf } from "../common/errors.js";
import type { CallName, CallRequest, WorkerCalls, WorkerMessage, WorkerSetup } from "./protocol.js";

interface PendingCall {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** Client of the worker thread that owns the database. If the thread dies, the next call starts another one. */
export class HistoryThread {
  readonly #setup: () => WorkerSetup;
  readonly #onProblem: (text: string) => void;
  readonly #onDamage: (text: string) => void;
  readonly #pending = new Map<number, PendingCall>();
  #worker: Worker | undefined;
  #lastCallId = 0;

  /**
   * @param setup returns the configuration for a new thread; called for each thread that starts
   * @param onProblem called with a sentence for the log
   * @param onDamage called with a sentence for the log about a damaged file
   */
  constructor(setup: () => WorkerSetup, onProblem: (text: string) => void, onDamage = onProblem) {
    this.#setup = setup;
    this.#onProblem = onProblem;
    this.#onDamage = onDamage;
  }

  /** Calls a function of the thread. Rejects when the function throws or the thread dies. */
  call<K extends CallName>(call: K, ...[argument]: Parameters<WorkerCalls[K]>): Promise<ReturnType<WorkerCalls[K]>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastCallId;
      const worker = (this.#worker ??= this.#start());
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, call, argument } satisfies CallRequest);
    });
  }

  /** Stops the thread immediately. */
  async terminate(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const entry = import.meta.url.endsWith(".ts") ? "./worker.source.js" : "./worker.js";
    const worker = new Worker(new URL(entry, import.meta.url), {
      workerData: this.#setup(),
      // Start the thread without the flags of this process, such as --inspect.
      execArgv: [],
      name: "history",
    });
    let reason = "it ended";
    worker.on("message", (message: WorkerMessage) => this.#receive(message));
    worker.on("error", (error) => (reason = textOf(error)));
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      const error = new Error(`the history thread stopped: ${reason}`);
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    });
    return worker;
  }

  #receive(message: WorkerMessage): void {
    if ("problem" in message) return this.#onProblem(message.problem);
    if ("damage" in message) return this.#onDamage(message.damage);
    const call = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ("error" in message) call?.reject(new Error(message.error));
    else call?.resolve(message.result as never);
  }
}
