/** Starts the embedded broker without accounts and without a server that reads the messages. */
import { onTestFinished } from "vitest";
import { startBroker, type Broker, type BrokerHandlers } from "../../../server/src/broker/broker.js";
import { listen } from "../../../server/src/broker/sockets.js";
import { openDataFolder, type DataFolder } from "../../../server/src/storage/data-folder.js";
import { DEFAULT_OPTIONS, type Limits } from "../../../server/src/config/options.js";
import { createTemporaryFolder } from "./server.js";

export interface BareBroker {
  readonly broker: Broker;
  readonly url: string;
  readonly folder: string;
  readonly data: DataFolder;
  /** Reported rejections, each as a text of reason, client and problem. */
  readonly rejected: string[];
  readonly warnings: string[];
  /** Closes the broker. Later calls return the same promise. */
  close(): Promise<void>;
}

/** Starts an embedded broker and closes it after the test. @param message see `BrokerHandlers` */
export async function startBareBroker(
  message: BrokerHandlers["message"] = () => undefined,
  { folder, limits }: { folder?: string; limits?: Partial<Limits> } = {},
): Promise<BareBroker> {
  const where = folder ?? (await createTemporaryFolder());
  const rejected: string[] = [];
  const warnings: string[] = [];
  const data = await openDataFolder(where);
  const handlers: BrokerHandlers = {
    message,
    warned: (problem) => void warnings.push(problem),
    rejected: (reason, from, problem) => void rejected.push(`${reason} ${from} ${problem}`),
    failed(problem) {
      throw new Error(problem);
    },
  };
  const broker = await startBroker(data, handlers, { limits: { ...DEFAULT_OPTIONS.limits, rate: 100_000, ...limits } });
  const listener = await listen("127.0.0.1", 0, (socket) => broker.handle(socket));
  let closing: Promise<void> | undefined;
  async function end(): Promise<void> {
    await broker.close();
    await listener.close();
    await data.close();
  }
  const close = (): Promise<void> => (closing ??= end());
  onTestFinished(close);
  return { broker, url: `mqtt://127.0.0.1:${listener.port}`, folder: where, data, rejected, warnings, close };
}
