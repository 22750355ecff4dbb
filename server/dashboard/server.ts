/** What the page asks of the server at each connection. */

import { getBoards, type Status } from "./api.js";
import type { Boards } from "./boards.js";
import { part, text } from "./dom.js";
import { askStatus } from "./status.js";

/** Says where to point a client. Gives whether there is a simulator. */
export async function describeServer(): Promise<boolean> {
  let status: Status;
  try {
    status = await askStatus();
  } catch {
    return false; // the connection says how things are
  }
  const { url, websocket } = status.broker;
  for (const element of document.querySelectorAll("[data-broker]")) text(element, url);
  const second = part(document, "websocket", HTMLElement);
  second.hidden = !websocket;
  text(second, websocket ?? "");
  text(part(document, "version", HTMLElement), status.version);
  return status.simulator;
}

/** Looks which boards are simulated. */
export async function findSimulator(boards: Boards): Promise<void> {
  const before = new Map(Array.from(boards.all, ({ id, board }) => [id, board]));
  try {
    for (const board of await getBoards())
      // what an event told meanwhile is newer
      if (boards.get(board.id)?.board === before.get(board.id)) boards.seeBoard(board);
  } catch {
    return; // the connection says how things are
  }
}
