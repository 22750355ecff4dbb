/** The Jacdac bus of one board, with the light sensor and the lamp that a real board has on its pins. */
import { jacdac, type JDService } from "./jacdac.js";

/** How often the sensor sends its reading, unchanged, to a program that listens, in ms. */
const STREAMING_INTERVAL = 100;
/** How soon after that it may send another one, in ms: as soon as the light changes. */
const LEAST_INTERVAL = 1;

/** Carries frames between a bus and a virtual machine. */
export class FrameTransport extends jacdac.Transport {
  constructor(private readonly send: (frame: Uint8Array) => void) {
    super("vm", {});
  }
  /** A frame from the virtual machine. */
  receive(frame: Uint8Array): void {
    this.handleFrame(frame);
  }
  protected override transportSendPacketAsync(frame: Uint8Array): Promise<void> {
    this.send(frame);
    return Promise.resolve();
  }
  protected override transportConnectAsync(): Promise<void> {
    return Promise.resolve();
  }
  protected override transportDisconnectAsync(): Promise<void> {
    return Promise.resolve();
  }
}

/** The time of a bus, as fast as that of the board on it. */
class BusTime extends jacdac.WallClockScheduler {
  constructor(private readonly speed: number) {
    super();
  }
  override get timestamp(): number {
    return super.timestamp * this.speed;
  }
  override setTimeout(handler: () => void, delay: number, ...args: unknown[]): unknown {
    return super.setTimeout(handler, delay / this.speed, ...args);
  }
  override setInterval(handler: () => void, delay: number, ...args: unknown[]): unknown {
    return super.setInterval(handler, delay / this.speed, ...args);
  }
}

export class Peripherals {
  readonly #transport: FrameTransport;
  readonly #bus: InstanceType<typeof jacdac.JDBus>;
  readonly #sensor: InstanceType<typeof jacdac.AnalogSensorServer>;
  readonly #provider: InstanceType<typeof jacdac.JDServerServiceProvider>;

  /**
   * @param deviceId 16 hexadecimal digits
   * @param send takes the frames for the virtual machine
   * @param lit is told the intensity of the lamp, 0..1, when it changes
   * @param speed how many times as fast as ours time goes here
   */
  constructor(deviceId: string, send: (frame: Uint8Array) => void, lit: (intensity: number) => void, speed = 1) {
    this.#transport = new FrameTransport(send);
    this.#bus = new jacdac.JDBus([this.#transport], { disableRoleManager: true, scheduler: new BusTime(speed) });
    this.#sensor = new jacdac.AnalogSensorServer(jacdac.SRV_LIGHT_LEVEL, {
      readingValues: [0],
      streamingInterval: LEAST_INTERVAL,
    });
    const lamp = new jacdac.JDServiceServer(jacdac.SRV_LIGHT_BULB, {
      intensityValues: [0],
      registerValues: [{ code: jacdac.LightBulbReg.Dimmable, values: [true] }],
    });
    const brightness = lamp.registers.find((register) => register.identifier === jacdac.LightBulbReg.Brightness);
    brightness?.on(jacdac.CHANGE, () => lit(Number(brightness.values()[0])));
    this.#provider = new jacdac.JDServerServiceProvider("nightlight", [this.#sensor, lamp], { deviceId });
  }

  /** Joins the bus. */
  async connect(): Promise<void> {
    await this.#bus.connect();
    // nobody asks this side what the program's own services have: the bus need not poll them
    this.#bus.backgroundRefreshRegisters = false;
    this.#bus.scheduler.setInterval(() => this.#stream(), STREAMING_INTERVAL);
    this.#bus.addServiceProvider(this.#provider);
    this.announce();
  }

  /** Leaves the bus for good. */
  disconnect(): Promise<void> {
    return this.#bus.stop();
  }

  /** Says what there is, as Jacdac devices do twice a second. */
  announce(): void {
    void this.#provider.controlService.announce();
  }

  /** A frame from the virtual machine. */
  receive(frame: Uint8Array): void {
    this.#transport.receive(frame);
  }

  /** What the sensor reads from now on, 0..1023. */
  set light(light: number) {
    this.#sensor.reading.setValues([light / 1023]);
    this.#stream();
  }

  #stream(): void {
    this.#provider.emit(jacdac.REFRESH);
  }

  /** The role's name and number as the virtual machine prints them: `set role <name> -> <device>:<service>`. */
  roleOf(line: string): "light" | "lamp" | undefined {
    const [, device, service] = /^set role .* -> (\w+):(\d+)$/.exec(line) ?? [];
    if (device !== this.#provider.shortId) return undefined;
    return Number(service) === this.#sensor.serviceIndex ? "light" : "lamp";
  }

  /** The services of the virtual machine that a deploy talks to, as soon as they are announced. */
  async deployServices(): Promise<{ manager: JDService; settings: JDService }> {
    const find = (serviceClass: number) => this.#bus.services({ serviceClass })[0];
    for (;;) {
      const manager = find(jacdac.SRV_DEVICE_SCRIPT_MANAGER);
      const settings = find(jacdac.SRV_SETTINGS);
      if (manager && settings) return { manager, settings };
      await new Promise<void>((resolve) => this.#bus.once(jacdac.DEVICE_ANNOUNCE, () => resolve()));
    }
  }
}
