/** Connects esptool-js to a serial port of this computer. */
import { LoaderFlasher } from "../../flashing/loader/loader-flasher.js";
import { filterBoardPorts, type Ports } from "../lib/serial/ports.js";

/**
 * Creates a connection to the boot loader of the board on a serial port. Opens nothing yet.
 * @param path path of the port, such as `/dev/ttyACM0`
 * @param baud baud rate while flashing
 * @param attempts how often to reset the board until its boot loader answers
 */
export function createLoaderFlasher(ports: Ports, path: string, baud: number, attempts?: number): LoaderFlasher {
  return new LoaderFlasher({
    name: path,
    baud,
    attempts,
    port: () => ports.webSerial(path),
    async returnedPort() {
      const boards = filterBoardPorts(await ports.list());
      if (boards.some((board) => board.path === path)) return ports.webSerial(path);
      return boards.length === 1 ? ports.webSerial(boards[0].path) : undefined;
    },
  });
}
