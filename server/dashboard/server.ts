/** Loads the server's addresses, version and simulated boards after each connect. */

import { getSimulatedBoards, type Status } from "./api.js";
import type { Boards } from "./boards.js";
import { findPart, setText } from "./dom.js";
import { loadStatus } from "./status.js";

/** Shows the MQTT addresses and the version of the server. Returns whether the server has a simulator. */
export async function showServerInfo(): Promise<boolean> {
  let status: Status;
  try {
    status = await loadStatus();
  } catch {
    return false; // the connection status already shows the problem
  }
  const { url, websocket } = status.broker;
  for (const element of document.querySelectorAll("[data-broker]")) setText(element, url);
  findPart(document, "websocket-item", HTMLElement).hidden = !websocket;
  setText(findPart(document, "websocket", HTMLElement), websocket ?? "");
  setText(findPart(document, "version", HTMLElement), status.version);
  return status.simulator;
}

/** Loads the state of the simulated boards into `boards`. */
export async function loadSimulatedBoards(boards: Boards): Promise<void> {
  const before = new Map(Array.from(boards.all, ({ id, board }) => [id, board]));
  try {
    for (const board of await getSimulatedBoards())
      // Skip boards that an event has updated meanwhile, because the event is newer than this response.
      if (boards.get(board.id)?.board === before.get(board.id)) boards.updateSimulatedBoard(board);
  } catch {
    return; // the connection status already shows the problem
  }
}
