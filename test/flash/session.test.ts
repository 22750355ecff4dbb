/** Tests the setup of a board in a browser without a browser: with simulated ports of Chromium and a recorded page. */
import { describe, expect, test } from "vitest";
import type { StepError } from "../../flashing/step-error.js";
import { selectBoard } from "../../scripts/flash/select-board.js";
import { ROOT } from "../../scripts/lib/repository.js";
import { FlashSession, type FlashScreen, type FlashTarget, type StepName, type WifiChoice } from "../../server/dashboard/add-board/flash/session.js"; // prettier-ignore
import { en } from "../../server/dashboard/messages/en.js";
import { setMessages } from "../../server/dashboard/messages/message.js";
import { loadFirmware } from "../../sim/firmware.js";
import { startTestServer } from "../server/support/server.js";
import { TestBoard } from "./support/board.js";
import { BoardDevice, BrowserPort } from "./support/board-device.js";
import { failureOf } from "./support/failure.js";
import { createRuntime } from "./support/project.js";

const CANCELED = new Error("canceled");
/** A network's name of 32 bytes with quotes, spaces at its ends and an emoji. */
const NAME = ` "Zoë's" net, floor 2 \\ 🌙   `;
/** A broker that does not run. */
const UNREACHABLE: Partial<FlashTarget> = { broker: () => "mqtt://broker.test:9" };
const STEPS: readonly StepName[] = ["chip", "runtime", "write", "restart", "wifi", "account", "program", "connect"];

/** Records what the page shows, and can do something at the beginning of a step. */
class RecordingScreen implements FlashScreen {
  readonly steps: StepName[] = [];
  readonly logLines: string[] = [];
  networks: string[] = [];
  onStep = (_: StepName) => {};
  onProgress = (_: number) => {};
  choose: () => Promise<WifiChoice> = () => Promise.resolve({ name: "attic", password: "12345678" });

  startStep(step: StepName): void {
    this.steps.push(step);
    this.onStep(step);
  }
  showProgress(percent: number): void {
    this.onProgress(percent);
  }
  addLogLine(line: string): void {
    this.logLines.push(line);
  }
  showMissingPort(): void {}
  askForReset(): void {}
  chooseNetwork(networks: readonly { name: string }[]): Promise<WifiChoice> {
    this.networks = networks.map(({ name }) => name);
    return this.choose();
  }
}

/** Connects a board to a simulated browser. */
async function plugIn() {
  setMessages(en, "en");
  const board = await TestBoard.start();
  const port = new BrowserPort(new BoardDevice(board));
  // the person plugs the board in again
  port.addEventListener("disconnect", () => setTimeout(() => (port.connected = true), 100));
  const { brokerUrl } = await startTestServer();
  const target: FlashTarget = {
    ports: () => Promise.resolve([port as unknown as SerialPort]),
    board: { ...(await selectBoard(ROOT)), light: "", lamp: "" },
    id: () => "nightlight/porch",
    broker: () => brokerUrl.replace("127.0.0.1", "broker.test"),
    runtime: () => Promise.resolve(createRuntime()),
    program: () => Promise.resolve(loadFirmware("main").bytecode),
    account: () => Promise.resolve(undefined),
    sendsAccount: () => {},
    updateUrl: () => Promise.reject(new Error("no updates")),
  };
  const createSession = (screen: FlashScreen, changes: Partial<FlashTarget> = {}) =>
    new FlashSession({ ...target, ...changes }, port as unknown as SerialPort, screen);
  return { board, port, createSession };
}

describe("the setup of a board", () => {
  test("can be canceled in every step, closes the port, and then succeeds", async () => {
    const { port, createSession } = await plugIn();
    for (const step of STEPS) {
      const screen = new RecordingScreen();
      const forever = () => new Promise<never>(() => {});
      if (step === "wifi") screen.choose = forever;
      const session = createSession(screen, step === "connect" ? UNREACHABLE : { [step]: forever });
      screen.onStep = (started) => void (started === step && setTimeout(() => session.cancel(CANCELED), 50));
      await expect(session.run(), step).rejects.toBe(CANCELED);
      expect(port.readable, step).toBeNull();
      expect(screen.steps.at(-1)).toBe(step);
    }
    const screen = new RecordingScreen();
    await createSession(screen).run();
    expect(screen.steps).toEqual(STEPS);
  });

  test("continues after a cable that is pulled in every step and a wrong password", async () => {
    const { board, createSession } = await plugIn();
    board.isPasswordRight = (password) => password === "12345678";
    board.visibleNetworks = [["cafe", -80], [NAME, -60], [Uint8Array.of(0xff, 0xfe), -50], ["", -40]]; // prettier-ignore
    const screen = new RecordingScreen();
    const session = createSession(screen);
    const failAt = async (step: StepName, pull: () => void): Promise<StepError> => {
      screen.onStep = (started) => void (started === step && setTimeout(pull, 20));
      const error = await failureOf(session.run());
      expect(screen.steps.at(-1)).toBe(step);
      return error;
    };
    // a chip that returns without its boot loader looks like one that could not be reset
    expect((await failAt("chip", () => board.chip.pull())).kind).toMatch(/^(replug|boot-button)$/);
    expect((await failAt("write", () => board.chip.pull())).kind).toBe("replug");
    // a board that returns before the program is sent has lost nothing
    screen.choose = () => {
      board.unplug();
      return Promise.resolve({ name: NAME, password: "wrong" });
    };
    const refused = await failAt("connect", () => board.unplug());
    expect(refused.problem).toContain(`The board has not joined "${NAME}"`);
    expect(refused.kind).toBe("wifi-password");
    expect(screen.networks).toEqual([NAME, "cafe"]);
    screen.choose = () => Promise.resolve({ name: NAME, password: "12345678" });
    screen.onProgress = (percent) => void (percent > 10 && board.unplug());
    expect((await failAt("program", () => {})).kind).toBe("replug");
    screen.onProgress = () => {};
    await session.run();
    expect(board.networks.at(-1)).toEqual([NAME, "12345678"]);
    // the runtime was written once
    expect(board.chip.starts).toBeLessThanOrEqual(4);
    expect(screen.steps.filter((step) => step === "write")).toHaveLength(2);
  });
});
