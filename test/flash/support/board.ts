/**
 * A simulated board on a serial port: DeviceScript's virtual machine with the framing of jacdac-c/source/jd_usb.c and the
 * Wi-Fi service of real boards. The host name `broker.test` leads to this computer.
 */
import { onTestFinished, vi } from "vitest";
import { encodeFrame, FrameDecoder, isBridgeFrame } from "../../../flashing/serial/framing.js";
import type { PortEvents } from "../../../flashing/serial/port.js";
import type { Ports } from "../../../scripts/lib/serial/ports.js";
import { jacdac } from "../../../sim/vm/jacdac.js";
import { Machine } from "../../../sim/vm/machine.js";
import { Network } from "../../../sim/vm/network.js";
import { FrameTransport, Peripherals } from "../../../sim/vm/peripherals.js";
import { NetworkSocket } from "../../../sim/vm/socket.js";
import { getVmSource } from "../../../sim/vm/source.js";
import { SimulatedChip } from "./rom/simulated-chip.js";

export const PORT_PATH = "/dev/ttyTEST0";
const DEVICE_ID = "1d46a30eef48919d";
const MAGIC = 0xfe;
const ESCAPED_MAGIC = 0xf8;

/** A network in a scan: its name as text or bytes, and its signal strength in dBm. */
type VisibleNetwork = readonly [ssid: string | Uint8Array, rssi: number];

/** A Wi-Fi service as on a real board, which records the networks that are added, and answers scans. */
class WifiServer extends jacdac.JDServiceServer {
  /** @param knownNetworks returns how many of the networks in a scan have the board's network name */
  constructor(
    joined: (ssid: string, password: string) => void,
    networks: () => readonly VisibleNetwork[],
    knownNetworks: () => number,
  ) {
    super(jacdac.SRV_WIFI);
    this.addCommand(jacdac.WifiCmd.Scan, () => {
      void this.sendEvent(
        jacdac.WifiEvent.ScanComplete,
        jacdac.jdpack("u16 u16", [networks().length, knownNetworks()]),
      );
    });
    this.addCommand(jacdac.WifiCmd.LastScanResults, (packet) => {
      const { HasPassword } = jacdac.WifiAPFlags;
      const pipe = jacdac.OutPipe.from(this.device.bus, packet, true);
      const encode = ([ssid, rssi]: VisibleNetwork) => {
        const name = new Uint8Array(33);
        name.set(Buffer.from(ssid as string));
        const flags = ssid === "cafe" ? 0 : HasPassword;
        return jacdac.jdpack("u32 x[4] i8 u8 b[6] b[33]", [flags, rssi, 6, new Uint8Array(6), name]);
      };
      // a board gives up when the computer does not acknowledge a result in time
      void pipe.respondForEach(networks(), encode).catch(() => {});
    });
    this.addCommand(jacdac.WifiCmd.AddNetwork, (packet) => joined(...packet.jdunpack<[string, string]>("z z")));
  }
}

/** A simulated board, and the computer's view of its port. */
export class TestBoard {
  /** All lines that the board printed since power-up. */
  readonly log: string[] = [];
  /** The Wi-Fi networks that were added to the board. */
  readonly networks: [ssid: string, password: string][] = [];
  /** The ports of the computer, with the board's port. */
  readonly ports: Ports;
  /** The chip with its boot loader and flash memory. */
  readonly chip = new SimulatedChip({ chip: "esp32c3", connection: "serial-jtag" });
  /** The bytes that the computer sent. */
  readonly written: Uint8Array[] = [];
  /** Returns whether a frame to the board is lost. */
  isFrameLost: (frame: Uint8Array) => boolean = () => false;
  #machine!: Machine;
  #peripherals!: Peripherals;
  #wifi!: FrameTransport;
  #events: PortEvents | undefined;
  /** Log bytes that the computer has not read yet; a real runtime keeps 4 KB. */
  #unread: Uint8Array[] = [];
  #packets = false;
  /** The networks in a scan. */
  visibleNetworks: readonly VisibleNetwork[] = [["cafe", -80], ["attic", -60], ["attic", -45]]; // prettier-ignore
  /** Whether the board's network name is missing in the results of Wi-Fi scans. */
  hidesNetwork = false;
  /** Whether the Wi-Fi network accepts a password. */
  isPasswordRight: (password: string) => boolean = () => true;
  #isOnWifi = true;
  /** Number of further attempts to open the port that fail. */
  refusedOpens = 0;

  private constructor() {
    this.ports = {
      list: () => Promise.resolve([{ path: PORT_PATH, vendorId: "303a", productId: "1001" }]),
      exists: () => Promise.resolve(false),
      check: () => Promise.resolve(),
      open: () => (events) => {
        if (this.refusedOpens-- > 0) return Promise.reject(new Error("No such file or directory"));
        return Promise.resolve(this.#plug(events));
      },
      webSerial: () => Promise.resolve(this.chip.createPort()),
    };
  }

  /** Starts a board with DeviceScript's runtime and without a program. The board stops after the test. */
  static async start(): Promise<TestBoard> {
    // hides the log of jacdac-ts, which prints each of its steps with console.debug
    vi.spyOn(console, "debug").mockImplementation(() => {});
    const board = new TestBoard();
    await board.#start();
    return board;
  }

  /** Removes the port, as a reset of the board does. The runtime then sends no frames until the computer asks for frames. */
  unplug(): void {
    const events = this.#events;
    this.#events = undefined;
    this.#packets = false;
    events?.disconnected();
  }

  /** Prints a line as the runtime does. */
  printLine(line: string): void {
    this.log.push(line);
    const bytes = [...Buffer.from(line + "\n")].flatMap((byte) => (byte === MAGIC ? [MAGIC, ESCAPED_MAGIC] : [byte]));
    if (this.#events) this.#events.data(Uint8Array.from(bytes));
    else this.#unread.push(Uint8Array.from(bytes));
    if (line.startsWith("* start: ") && !this.#isOnWifi)
      for (let i = 0; i < 6; i++) this.printLine("wifi: sta disconnect, reconnect...");
  }

  /** Connects the board to a serial line. Returns a function that receives the bytes from the computer. */
  plugIn(events: PortEvents): (bytes: Uint8Array) => void {
    this.#events = events;
    // delivers the log later, because the caller is still opening the port
    setImmediate(() => this.#unread.splice(0).forEach((bytes) => this.#events?.data(bytes)));
    const decoder = new FrameDecoder(
      (frame) => this.#fromComputer(frame),
      () => {},
    );
    return (bytes) => decoder.push(bytes);
  }

  #plug(events: PortEvents) {
    const take = this.plugIn(events);
    return {
      write: (bytes: Uint8Array) => {
        if (this.#events !== events) return Promise.reject(new Error("the port is gone"));
        this.written.push(bytes);
        take(bytes);
        return Promise.resolve();
      },
      close: () => {
        if (this.#events === events) this.#events = undefined;
        return Promise.resolve();
      },
    };
  }

  #fromComputer(frame: Uint8Array): void {
    if (this.isFrameLost(frame)) return;
    if (isBridgeFrame(frame)) {
      this.#packets = true;
      return this.#toComputer(frame);
    }
    this.#machine.receive(frame);
    this.#wifi.receive(frame);
  }

  #toComputer(frame: Uint8Array): void {
    if (this.#packets) this.#events?.data(encodeFrame(frame));
  }

  async #start(): Promise<void> {
    const socket = new NetworkSocket(new Network({ delay: 0 }), (event, data) => this.#machine.raiseEvent(event, data));
    this.#peripherals = new Peripherals(
      "2d46a30eef48919d",
      (frame) => this.#machine.receive(frame),
      () => {},
    );
    this.#machine = await Machine.boot(getVmSource(), DEVICE_ID, undefined, {
      log: (line) => this.printLine(line),
      frame: (frame) => {
        this.#peripherals.receive(frame);
        this.#toComputer(frame);
      },
      flash: () => {},
      panic: () => {},
      end: (_, reason) => this.log.push(`end: ${reason}`),
      clockBehind: () => this.#peripherals.announce(),
      socket: {
        open: (host, port, tls) =>
          socket.open(host === "broker.test" && this.#isOnWifi ? "127.0.0.1" : host, port, tls),
        write: (data) => socket.write(data),
        close: () => socket.close(),
      },
    });
    await this.#peripherals.connect();
    this.#machine.skip(600);
    const stopWifi = await this.#startWifi();
    onTestFinished(async () => {
      this.#events = undefined;
      this.#machine.stop();
      socket.close();
      await stopWifi();
      await this.#peripherals.disconnect();
    });
  }

  async #startWifi(): Promise<() => Promise<void>> {
    this.#wifi = new FrameTransport((frame) => this.#toComputer(frame));
    const bus = new jacdac.JDBus([this.#wifi], { disableRoleManager: true });
    const service = new WifiServer(
      (ssid, password) => {
        this.networks.push([ssid, password]);
        this.#isOnWifi = this.isPasswordRight(password);
      },
      () => this.visibleNetworks,
      () => (this.hidesNetwork ? 0 : 1),
    );
    await bus.connect();
    bus.addServiceProvider(new jacdac.JDServerServiceProvider("wifi", [service], { deviceId: "3d46a30eef48919d" }));
    return () => bus.stop();
  }
}
