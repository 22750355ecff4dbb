/** Texts of problems with a board that is flashed from the browser. */

import type { Area } from "../area.js";

export const flashingProblems = {
  portLost: "The board left its USB port: the cable came loose, or the board was reset.",
  portBusy: "The port could not be opened: another program or tab uses it, or this user may not open it.",
  portAccess: "This user may not open the port.",
  portClosed: "The port could not be opened ({reason}).",
  chipSilent: "The chip does not answer.",
  chipRuns: "The chip did not enter its boot loader: its program runs instead.",
  chipReceivesNothing: "The chip is in its boot loader, but does not receive anything from this computer.",
  flashDiffers: "The data in the board's flash memory differs from the data that was sent ({reason}).",
  flashDefective: "The chip could not write to its flash memory ({reason}).",
  transferInterrupted: "The transfer to the board was interrupted ({reason}).",
  noRuntime: "The board does not answer like a board with DeviceScript's runtime.",
  notAccepted: "The board did not accept the program or a setting ({reason}).",
  noScan: "The board did not send the networks that it sees.",
  notStarted: "The program on the board did not start.",
  crashed: "The program on the board crashed: {reason}",
  wifiUnseen: "The board does not see the network “{network}”.",
  wifiRefused: "The board could not join the network “{network}”.",
  brokerRejects: "The server at {broker} rejects the account of the board.",
  brokerUnknown: "There is no computer called {host} in the board's network.",
  brokerUnreachable: "The board joined the Wi-Fi network, but cannot reach the server at {broker} ({reason}).",
  notConnected: "The board does not say whether it can reach the server at {broker}.",
  certificate: "The board does not trust the server's certificate ({reason}).",
} as const satisfies Area;
