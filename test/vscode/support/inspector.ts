/** A client of Node's inspector, like VS Code's JavaScript debugger: scripts, source maps and breakpoints. */
import { EventEmitter, once } from "node:events";
import { SourceMap, type SourceMapPayload } from "node:module";
import { WebSocket } from "ws";
import { eventually } from "../../support/eventually.js";

export interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL: string;
  readonly endLine: number;
}

export interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface InspectorMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params: unknown;
  readonly result: unknown;
  readonly error?: { readonly message: string };
}

/** A connection to the inspector. Emits its events by name, with their parameters. */
export class Inspector extends EventEmitter {
  readonly scripts: Script[] = [];
  readonly #answers = new Map<number, (message: InspectorMessage) => void>();
  #id = 0;

  private constructor(private readonly socket: WebSocket) {
    super();
    this.on("Debugger.scriptParsed", (script: Script) => this.scripts.push(script));
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as InspectorMessage;
      if (message.method) this.emit(message.method, message.params);
      else this.#answers.get(message.id as number)?.(message);
    });
  }

  /** Connects to a program that waits for its debugger. */
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await once(socket, "open");
    const inspector = new Inspector(socket);
    await inspector.ask("Debugger.enable");
    const stopped = once(inspector, "Debugger.paused");
    await inspector.ask("Runtime.runIfWaitingForDebugger");
    await stopped;
    return inspector;
  }

  /** Sends a request. @throws Error with the inspector's message when the inspector refuses */
  async ask<T>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#id;
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await new Promise<InspectorMessage>((resolve) => this.#answers.set(id, resolve));
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }

  /** Waits until a source file is loaded, and returns its script. */
  waitForScript(url: string): Promise<Script> {
    return eventually(() => this.scripts.find((script) => script.url === url), { within: 60_000, what: url });
  }

  disconnect(): void {
    this.socket.terminate();
  }
}

/** Returns the inline source map of a script. */
export function sourceMapOf({ url, sourceMapURL }: Script): SourceMap {
  const [, base64] = /^data:application\/json;[^,]*base64,(.*)$/.exec(sourceMapURL) ?? [];
  if (!base64) throw new Error(`${url} has no source map: ${sourceMapURL.slice(0, 80)}`);
  return new SourceMap(JSON.parse(Buffer.from(base64, "base64").toString()) as SourceMapPayload);
}

/**
 * Returns the place of a source line in a compiled script. Source lines count from 1, places count from 0.
 * @throws Error when there is none
 */
export function findGeneratedPlace(map: SourceMap, line: number): { lineNumber: number; columnNumber: number } {
  const lines = map.payload.mappings.split(";").length;
  for (let lineNumber = 0; lineNumber < lines; lineNumber++) {
    for (let columnNumber = 0; columnNumber < MAX_COLUMN; columnNumber++) {
      const entry = map.findEntry(lineNumber, columnNumber);
      const exact =
        "originalLine" in entry && entry.generatedLine === lineNumber && entry.generatedColumn === columnNumber;
      if (exact && entry.originalLine === line - 1) return { lineNumber, columnNumber };
    }
  }
  throw new Error(`line ${line} was compiled to nothing`);
}

/** Number of columns to search in each line. It is large, because esbuild puts whole files on one line. */
const MAX_COLUMN = 50_000;
