/** Simulates the Jacdac bus of one board with a light sensor and a lamp, in place of the pins of a real board. */
import { jacdac, type JDService } from "./jacdac.js";

/** Interval at which the sensor streams an unchanged reading to a subscribed program, in ms. */
const STREAMING_INTERVAL = 100;
/** Shortest time between two streamed readings, in ms. It is so short that the sensor streams a change at once. */
const MIN_STREAMING_INTERVAL = 1;

/** A Jacdac transport that carries frames between a bus and a virtual machine. */
export class FrameTransport extends jacdac.Transport {
  constructor(private readonly send: (frame: Uint8Array) => void) {
    super("vm", {});
  }
  /** Delivers a frame from the virtual machine to the bus. */
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

/** A scheduler for the Jacdac bus that runs at the speed of the board's clock. */
class BusScheduler extends jacdac.WallClockScheduler {
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

/** The light sensor and the lamp of one board, as Jacdac services on a bus. */
export class Peripherals {
  readonly #transport: FrameTransport;
  readonly #bus: InstanceType<typeof jacdac.JDBus>;
  readonly #sensor: InstanceType<typeof jacdac.AnalogSensorServer>;
  readonly #provider: InstanceType<typeof jacdac.JDServerServiceProvider>;

  /**
   * @param deviceId Jacdac id of the sensor and lamp, 16 hexadecimal digits
   * @param send sends a frame to the virtual machine
   * @param onIntensity called with the intensity of the lamp, 0..1, after each change
   * @param speed speed of the board's clock as a multiple of real time
   */
  constructor(
    deviceId: string,
    send: (frame: Uint8Array) => void,
    onIntensity: (intensity: number) => void,
    speed = 1,
  ) {
    this.#transport = new FrameTransport(send);
    this.#bus = new jacdac.JDBus([this.#transport], { disableRoleManager: true, scheduler: new BusScheduler(speed) });
    this.#sensor = new jacdac.AnalogSensorServer(jacdac.SRV_LIGHT_LEVEL, {
      readingValues: [0],
      streamingInterval: MIN_STREAMING_INTERVAL,
    });
    const lamp = new jacdac.JDServiceServer(jacdac.SRV_LIGHT_BULB, {
      intensityValues: [0],
      registerValues: [{ code: jacdac.LightBulbReg.Dimmable, values: [true] }],
    });
    const brightness = lamp.registers.find((register) => register.identifier === jacdac.LightBulbReg.Brightness);
    brightness?.on(jacdac.CHANGE, () => onIntensity(Number(brightness.values()[0])));
    this.#provider = new jacdac.JDServerServiceProvider("nightlight", [this.#sensor, lamp], { deviceId });
  }

  /** Connects sensor and lamp to the bus and announces them. */
  async connect(): Promise<void> {
    await this.#bus.connect();
    // stop polling registers to save CPU: the simulator does not read the registers of the program's services
    this.#bus.backgroundRefreshRegisters = false;
    this.#bus.scheduler.setInterval(() => this.#stream(), STREAMING_INTERVAL);
    this.#bus.addServiceProvider(this.#provider);
    this.announce();
  }

  /** Disconnects the sensor and the lamp permanently by stopping the bus. */
  disconnect(): Promise<void> {
    return this.#bus.stop();
  }

  /** Sends a Jacdac announcement of the services, as devices do twice a second. */
  announce(): void {
    void this.#provider.controlService.announce();
  }

  /** Delivers a frame from the virtual machine to the bus. */
  receive(frame: Uint8Array): void {
    this.#transport.receive(frame);
  }

  /** Sets the light level at the sensor, 0..1023, and streams the new reading to the program. */
  set light(light: number) {
    this.#sensor.reading.setValues([light / 1023]);
    this.#stream();
  }

  #stream(): void {
    this.#provider.emit(jacdac.REFRESH);
  }

  /**
   * Returns which peripheral a log line of the virtual machine reports as bound to a role of the program.
   * Such a line is `set role <name> -> <device>:<service>`. Returns undefined for other lines.
   */
  roleOf(line: string): "light" | "lamp" | undefined {
    const [, device, service] = /^set role .* -> (\w+):(\d+)$/.exec(line) ?? [];
    if (device !== this.#provider.shortId) return undefined;
    return Number(service) === this.#sensor.serviceIndex ? "light" : "lamp";
  }

  /** Waits until the virtual machine announces the services that a deployment needs, and returns them. */
  async deployServices(): Promise<{ manager: JDService; settings: JDService }> {
    const findService = (serviceClass: number) => this.#bus.services({ serviceClass })[0];
    for (;;) {
      const manager = findService(jacdac.SRV_DEVICE_SCRIPT_MANAGER);
      const settings = findService(jacdac.SRV_SETTINGS);
      if (manager && settings) return { manager, settings };
      await new Promise<void>((resolve) => this.#bus.once(jacdac.DEVICE_ANNOUNCE, () => resolve()));
    }
  }
}
