import { Worker } from "node:worker_threads";
import { textOf } from "../common/errors.js";
import type { CallName, Calls, Message, Request, Setup } from "./protocol.js";

interface Waiting {
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** The thread that has the database. Should it die, the next call starts another. */
export class HistoryThread {
  readonly #setup: () => Setup;
  readonly #problem: (text: string) => void;
  readonly #damage: (text: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #calls = 0;

  /**
   * What a person should know is told to `problem`, and that the file is damaged to `damage`.
   */
  constructor(setup: () => Setup, problem: (text: string) => void, damage = problem) {
    this.#setup = setup;
    this.#problem = problem;
    this.#damage = damage;
  }

  /** @throws Error with a reason, when it cannot be done. */
  call<K extends CallName>(call: K, ...[argument]: Parameters<Calls[K]>): Promise<ReturnType<Calls[K]>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#calls;
      const worker = (this.#worker ??= this.#start());
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, call, argument } satisfies Request);
    });
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const entry = import.meta.url.endsWith(".ts") ? "./worker.source.js" : "./worker.js";
    // not the parent's flags, which are for the program, such as --inspect
    const worker = new Worker(new URL(entry, import.meta.url), {
      workerData: this.#setup(),
      execArgv: [],
      name: "history",
    });
    let reason = "it ended";
    worker.on("message", (message: Message) => this.#receive(message));
    worker.on("error", (error) => (reason = textOf(error)));
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      const error = new Error(`the thread of the history is gone: ${reason}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    return worker;
  }

  #receive(message: Message): void {
    if ("problem" in message) return this.#problem(message.problem);
    if ("damage" in message) return this.#damage(message.damage);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("refused" in message) waiting?.reject(new Error(message.refused));
    else waiting?.resolve(message.answer as never);
  }
}
