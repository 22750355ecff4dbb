/** Texts of the panel that flashes a board from the browser. */

import type { Area } from "../area.js";

export const flashing = {
  heading: "Set up a board from this browser",
  intro: "Connect a new board to this computer with a USB cable. This page installs everything that the board needs.",
  board: "Board",
  pins: "Light sensor on {light}, lamp on {lamp}.",
  drawing: "Wiring of the {board}",
  unreachable: "Boards cannot reach this server yet. The section below explains how to change that.",
  start: "Choose the port and start",
  cancel: "Cancel",
  tryAgain: "Try again",
  choosePortAgain: "Choose the port again",
  missingPort:
    "The board has left the USB port. If it does not return, press RESET, unplug it and plug it in again, or choose its port again.",
  pressReset: "The runtime is written. Now press RESET on the board, or unplug it and plug it in again.",
  thePort: "the port",
  noBrowser:
    "This browser cannot access serial ports. Chrome, Edge and Opera on a computer can. The commands below do the same.",
  insecure:
    "Browsers give access to serial ports only on https:// and on localhost. Open this page that way, or use the commands below.",
  framed:
    "This page is in a frame of another page, such as Home Assistant, which does not let it access serial ports. Open the server's own address in a tab, or use the commands below.",
  otherBroker:
    "The boards of this server connect to another broker, which has its own accounts. The commands below ask for one.",
  stepChip: "Connect to the chip",
  stepRuntime: "Get the runtime for the chip",
  stepWrite: "Write the runtime",
  stepRestart: "Restart the board",
  stepWifi: "Choose the Wi-Fi network",
  stepAccount: "Create the account of the board",
  stepProgram: "Send program and settings",
  stepConnect: "Wait for the board to connect",
  running: "running",
  done: "done",
  failed: "failed",
  percent: "{percent} %",
  network: "Wi-Fi network",
  networkHint:
    "These networks are those that the board sees, the strongest first. Hidden networks are not among them: a board would not find one again after a power cut. Let the router show the network's name, or use a guest network.",
  noNetworks:
    "The board sees no network. Boards see only 2.4 GHz networks. Move it closer to the router and scan again.",
  password: "Password of the network; only the board stores it",
  connect: "Connect the board",
  scanAgain: "Scan again",
  log: "Log of the board",
  connected: "The board is connected.",
  runtimeFile: "A downloaded copy of the runtime",
  noPort: "No port was chosen.",
  noAccess: "The browser gives no access to serial ports: {reason}",
  remedyNoPort:
    "If the list has no port: use a USB cable that carries data, or hold the button BOOT (or IO0, B) while you plug the board in. Boards with a CP210x or CH340 need that chip's driver on Windows and macOS.",
  wrongChip: "This board has an {chip}, but the {board} has an {expected}. Nothing was written.",
  wrongFile: "The file is not a runtime for the {chip}. Nothing was written.",
  noWifi: "The {board} reports no Wi-Fi.",
  remedyAccount: "Try again with another name for the board. If the error remains, check the account under People.",
  remedyAccountExists:
    "Choose another name for the board and try again. To set up the same board again, first delete its account under People.",
  remedyServer: "Try again. What the board has received so far is kept.",
  remedyBootButton:
    "Hold the button BOOT (or IO0, B) on the board, press and release RESET (or plug the board in again), release BOOT, and try again.",
  remedyBroker:
    "Check that the server's address below is in the board's network and that no firewall blocks its port. Then try again.",
  remedyCable:
    "Try again. If the error remains, use another USB data cable and no USB hub, and disconnect what is wired to the board.",
  remedyCertificate:
    "Boards trust only certificates of public authorities, for the name in the address. Use such a certificate, or an address without TLS.",
  remedyOtherBoard:
    "Choose the board that is connected, or connect another one. If the present program of the board does not start, press RESET.",
  remedyPortAccess:
    "On Linux, join the group that owns the port (sudo usermod -aG dialout $USER, or uucp), log in again, and try again.",
  remedyPortBusy:
    "Close other programs and tabs that use the port, such as serial monitors and VS Code, and try again. On Linux, the user must be in the group dialout or uucp.",
  remedyReplug: "Plug the board in again, without a USB hub, and try again. An interruption does no harm.",
  remedyReport: "Try again. If the error remains, please report it with the log of the board.",
  remedyReset: "Press RESET on the board, or unplug it and plug it in again, and try again.",
  remedyWifiNetwork:
    "Boards see only 2.4 GHz networks, and no hidden ones. Try again and choose a network from the list.",
  remedyWifiPassword:
    "Most likely the password is wrong. Try again and enter it once more. Some routers allow only WPA3, or no new devices.",
  remedyOther: "Try again. If the error remains, unplug the board and plug it in again.",
} as const satisfies Area;
