/** A board for tests that speaks MQTT and updates its program over the air, without a virtual machine. */
import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt, { type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import { TestFlash, UpdateAdapter } from "./update-adapter.js";

const BOARD_TYPE = "test_board";
const MAGIC = Buffer.from([0x44, 0x65, 0x76, 0x53, 0x0a, 0x6e, 0x29, 0xf1]);

/** Creates a program whose text is its version. Versions that contain `broken` never connect to MQTT. */
export function createTestProgram(version: string, bytes = 4096): Buffer {
  const program = Buffer.alloc(bytes);
  MAGIC.copy(program);
  program.write(version, MAGIC.length);
  return program;
}

/** Writes a program into an image folder, in place of an earlier one. */
export async function writeTestImage(folder: string, version: string, changes: object = {}): Promise<void> {
  const program = createTestProgram(version);
  const sha256 = createHash("sha256").update(program).digest("hex");
  const target = path.join(folder, "test");
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await writeFile(path.join(target, "program.devs"), program);
  const description = { board: BOARD_TYPE, version, sha256, bytes: program.length, ...changes };
  await writeFile(path.join(target, "firmware.json"), JSON.stringify(description));
}

export interface UpdatableBoardOptions {
  readonly id: string;
  readonly mqttUrl: string;
  readonly updateUrl: string;
  readonly version: string;
  /** After how many program bytes the power is cut, once for each number. */
  readonly powerCuts?: number[];
  /** Answers the action with this error. */
  readonly refusal?: string;
  /** Whether every program crashes before it connects to MQTT. */
  readonly crashes?: (version: string) => boolean;
}

export class UpdatableBoard {
  readonly flash: TestFlash;
  /** Number of programs that were started. */
  starts = 0;
  readonly #options: UpdatableBoardOptions;
  #client: MqttClient | undefined;
  #adapter: UpdateAdapter | undefined;
  #isClosed = false;

  constructor(options: UpdatableBoardOptions) {
    this.#options = options;
    this.flash = new TestFlash(createTestProgram(options.version));
    onTestFinished(() => this.close());
  }

  get id(): string {
    return this.#options.id;
  }

  /** The version of the program in flash memory. */
  get version(): string | undefined {
    const text = this.flash.program?.subarray(MAGIC.length).toString();
    return text?.slice(0, text.indexOf("\0"));
  }

  close(): void {
    this.#isClosed = true;
    this.#client?.end(true);
    this.#adapter?.cutPower();
  }

  /** Ends the connections without a message, so that the broker publishes the will. `start` begins again. */
  cutPower(): void {
    this.#client?.stream.destroy();
    this.#client?.end(true);
    this.#adapter?.cutPower();
  }

  /** Starts the program in flash memory. */
  async start(): Promise<void> {
    const { version } = this;
    const { id, mqttUrl, crashes = (name) => name.includes("broken") } = this.#options;
    this.starts++;
    if (this.#isClosed || version === undefined) return;
    if (crashes(version)) return void this.runAdapter();
    const client = mqtt.connect(mqttUrl, {
      clientId: id,
      reconnectPeriod: 50,
      will: { topic: `${id}/status`, payload: Buffer.from('{"online":false}'), qos: 1, retain: true },
    });
    this.#client = client;
    client.on("error", () => {});
    client.on("message", (_topic, payload) => void this.#handleCommand(payload));
    client.on("connect", () => void this.#publishStatus({}));
    await client.subscribeAsync(`${id}/commands`, { qos: 1 }).catch(() => {});
  }

  async #publishStatus(fields: object): Promise<void> {
    const { version: firmware } = this;
    const status = { online: true, board: BOARD_TYPE, firmware, boot: this.starts, ...fields };
    await this.#client
      ?.publishAsync(`${this.#options.id}/status`, JSON.stringify(status), { qos: 1, retain: true })
      .catch(() => {});
  }

  async #handleCommand(payload: Buffer): Promise<void> {
    const { id, refusal } = this.#options;
    // an empty message only clears the retained command
    if (payload.length === 0) return;
    const { action, seq } = JSON.parse(payload.toString()) as { action?: string; seq: number };
    if (action !== "update") return;
    const reply = refusal ? { seq, ok: false, error: refusal } : { seq, ok: true };
    const sending = this.#client!.publishAsync(`${id}/replies`, JSON.stringify(reply), { qos: 1 });
    const isSent = await sending.then(
      () => true,
      () => false,
    );
    if (refusal || !isSent) return;
    await this.#publishStatus({ online: false, updating: true });
    await this.#client!.endAsync();
    void this.runAdapter();
  }

  /** Connects the adapter again and again until a program has started. */
  async runAdapter(): Promise<void> {
    const { updateUrl: url, powerCuts = [] } = this.#options;
    let isStarted = false;
    while (!this.#isClosed && !isStarted) {
      const adapter = new UpdateAdapter({
        url,
        flash: this.flash,
        cutAfter: powerCuts.shift(),
        onStart: () => {
          isStarted = true;
          // the started program ends the connection after its answer
          setTimeout(() => {
            adapter.cutPower();
            void this.start();
          }, 5);
        },
      });
      this.#adapter = adapter;
      await adapter.closed;
      await sleep(20);
    }
  }
}
