/** A system for tests of updates over the air: a rig with one board that has an update server. */
import { LESSON_POLICY } from "../../../server/src/decisions/policy.js";
import { readFirmware, type FirmwareImage } from "../../support/firmware-image.js";
import { eventually } from "../../support/eventually.js";
import { startRig, type Rig } from "../../support/rig.js";
import { startUpdateServer, type UpdateServer } from "../../support/update-server.js";
import { brokerSettingsOf, SimulatedBoard, type BoardOptions } from "../../../sim/index.js";

export interface UpdateRig {
  readonly rig: Rig;
  readonly updates: UpdateServer;
  readonly board: SimulatedBoard;
  readonly log: string[];
  /** Two versions of the firmware; the board begins with the first. */
  readonly images: readonly [FirmwareImage, FirmwareImage];
  /** Sends an action and returns the board's reply. */
  act(action: string): Promise<Record<string, unknown>>;
  /** The version in the board's retained status while it is connected; undefined otherwise. */
  version(): string | undefined;
  /** Waits until the board is online with a version. Returns how long that took, in s. */
  waitForVersion(version: string, within?: number): Promise<number>;
  /** The `boot` of the last reading. */
  lastBoot(): number | undefined;
  /**
   * Returns the readings that are missing in the received telemetry, as `boot:seq`.
   * @param interruptedBoots starts of the program that a power cut ended, which may have left readings in memory
   */
  missingReadings(interruptedBoots?: ReadonlySet<number>): string[];
  close(): Promise<void>;
}

let boards = 0;

/** Starts a broker and a server that tells boards to send five readings a second. */
export function startReportingRig(): Promise<Rig> {
  const reporting = { report: "interval", interval: 200 } as const;
  return startRig({ broker: "embedded", ids: [], server: { policy: { ...LESSON_POLICY, reporting } } });
}

/** Starts the system, with a board in the dark that sends five readings a second. */
export async function startUpdateRig(options: Partial<BoardOptions> & { rig?: Rig } = {}): Promise<UpdateRig> {
  const { rig = await startReportingRig(), ...boardOptions } = options;
  const updates = await startUpdateServer();
  const images = [readFirmware("main"), readFirmware("main_qt_py_esp32c3")] as const;
  const id = `nightlight/updated-${++boards}`;
  const settings = { ...brokerSettingsOf(rig.url), NL_ID: id, UPDATE_URL: updates.url, ...boardOptions.settings };
  const board = new SimulatedBoard({ id, bytecode: images[0].bytes, ...boardOptions, settings });
  const log: string[] = [];
  board.on("log", (_level, text) => log.push(text));
  board.setLight(100);

  const messagesOn = (channel: string) =>
    rig.seen.filter(({ topic }) => topic === `${id}/${channel}`).map(({ text }) => JSON.parse(text));
  const statusOf = () => messagesOn("status").at(-1);
  let seq = 0;
  await board.start();
  const self: UpdateRig = {
    rig,
    updates,
    board,
    log,
    images,
    async act(action) {
      const message = { action, seq: ++seq };
      await rig.observer.publishAsync(`${id}/commands`, JSON.stringify(message), { qos: 1 });
      return eventually(() => messagesOn("replies").find((reply) => reply.seq === message.seq), {
        what: () => {
          const seen = rig.seen.slice(-20).map(({ topic, text }) => `${topic} ${text}`);
          return `the reply to ${action}. The board logged:\n${log.join("\n")}\nThe last messages:\n${seen.join("\n")}\n`;
        },
      });
    },
    version: () => (statusOf()?.online ? statusOf().firmware : undefined),
    async waitForVersion(version, within = 10_000) {
      const begin = performance.now();
      await eventually(() => self.version() === version, { within, what: `the board to run ${version}` });
      return (performance.now() - begin) / 1000;
    },
    lastBoot: () => messagesOn("telemetry").at(-1)?.boot,
    missingReadings(interruptedBoots = new Set()) {
      const received = new Map<number, Set<number>>();
      for (const { boot, seq: number } of messagesOn("telemetry"))
        received.set(boot, (received.get(boot) ?? new Set()).add(number));
      const whole = [...received].filter(([boot]) => !interruptedBoots.has(boot));
      return whole.flatMap(([boot, seqs]) =>
        Array.from({ length: Math.max(...seqs) }, (_, i) => i + 1)
          .filter((number) => !seqs.has(number))
          .map((number) => `${boot}:${number}`),
      );
    },
    async close() {
      await board.stop();
      await updates.close();
      if (!options.rig) await rig.close();
    },
  };
  await self.waitForVersion(images[0].version);
  return self;
}
