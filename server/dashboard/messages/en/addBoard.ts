/** Texts of the view that adds a board. */

import type { Area } from "../area.js";

export const addBoard = {
  name: "Name of the board",
  nameHint: "Letters, digits and . _ - only. The id of the board will be {id}.",
  byCommand: "With commands instead",
  address: "Address of the server for the board",
  addressHint: "Choose the one in the network of the board.",
  onlyHere: "Boards cannot reach this server, because it listens on this computer only.",
  listenWide: "Stop the server and start it again so that your network can reach it:",
  listenWideSetting:
    "Start the server so that your network can reach it: set {setting} in its configuration file or where your program starts it.",
  needsAdministrator:
    "A server that your network can reach needs an account. {link} first; or create it after the restart with the code from the log.",
  createAccount: "Create its account",
  accountExplanation: "The account may only use the topics of this board.",
  askAdministrator: "Ask an administrator to create the account of the board.",
  otherBroker: "The boards of this server connect to another broker, which has its own accounts. Setup asks for one.",
  runSetup: "Connect the board to a computer with a checkout of Nightlight, and run there:",
  runFlash: "Setup asks for the Wi-Fi network. Then bring program and settings to the board:",
  shownOnce: "The account {account} has this password, which is shown only now:",
  scan: "The QR code contains the command for setup, for a phone or another computer.",
  qrCode: "QR code with the command for setup",
  copy: "Copy",
  copied: "Copied",
  notCopied: "Select and copy it",
  secretOnce: "Save it now. It is not shown again.",
  done: "Done",
  withoutHardware: "Without hardware",
  simulate: "Add a simulated board",
  simulateQuestion: "Simulate {board}?",
  simulateConsequence:
    "A board with this id has already reported. The simulated board would take over its name, history and settings. If the real board still runs, each of the two would end the connection of the other.",
  simulateConfirmed: "Simulate",
  simulateExplanation:
    "The server runs the firmware of a real board in a virtual machine, with a simulated sensor and lamp.",
  simulateHere: "In the checkout of Nightlight that runs this server, start a simulated board:",
  anyClient: "Any MQTT client can act as a board. This command sends a dark reading, so the lamp goes on:",
  waiting: "The board appears here when it sends its first reading.",
  arrived: "The board has reported: {link}.",
} as const satisfies Area;
