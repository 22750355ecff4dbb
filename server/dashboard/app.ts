/** The page: what the server says goes to the wall of cards, and the header sums it up. */

import { type Status, getBoards, getRecent, getStatus } from "./api.js";
import { now, setClock, when } from "./clock.js";
import { part, text } from "./dom.js";
import { listen } from "./events.js";
import type { BoardModel } from "./model.js";
import { Wall } from "./wall.js";

/** Time between two drawings of the plots, in ms: in three minutes' width the line moves about half a pixel. */
const DRAW = 250;
const DRAW_CALMLY = 1000;
const SUM_UP = 500;
const DESCRIBE = 10_000;

const page = document.documentElement;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const connection = part(document, "connection", HTMLElement);
const summary = part(document, "summary", HTMLElement);

const wall = new Wall(part(document, "cards", HTMLElement), part(document, "card-template", HTMLTemplateElement), fill);

listen({
  connected() {
    void describeServer();
    page.dataset.connection = "live";
    text(connection, "live");
  },
  lost() {
    wall.setLost(now());
    page.dataset.connection = "lost";
    text(connection, `server lost at ${when(now())}, trying again`);
  },
  devices(devices) {
    const there = new Set(devices.map((device) => device.id));
    wall.keep((model) => there.has(model.id) || model.board !== undefined);
    for (const device of devices) wall.change(device.id).seeDevice(device, now());
    filled.clear();
    wall.setLost(undefined);
    page.dataset.loaded = "";
    sumUp();
  },
  device: (device) => wall.change(device.id).seeDevice(device, now()),
  board: (board) => wall.change(board.id).seeBoard(board, now()),
});

const draw = () => {
  wall.tick();
  setTimeout(draw, calm.matches ? DRAW_CALMLY : DRAW);
};
draw();
setInterval(sumUp, SUM_UP);
setInterval(() => wall.describe(), DESCRIBE);
dark.addEventListener("change", () => wall.recolour());

/** The header's sentence, and how crowded the page is: the style sheet makes room. */
function sumUp(): void {
  if (page.dataset.loaded === undefined) return;
  let on = 0;
  let offline = 0;
  for (const model of wall.boards) {
    if (model.lamp) on++;
    if (model.device && !model.device.online) offline++;
  }
  const boards = wall.size === 1 ? "1 board" : `${wall.size} boards`;
  const lamps = on === 0 ? "no lamp on" : on === 1 ? "1 lamp on" : `${on} lamps on`;
  if (wall.size === 0) text(summary, "");
  else text(summary, [boards, lamps, ...(offline > 0 ? [`${offline} offline`] : [])].join(" · "));
  page.dataset.crowd = wall.size === 0 ? "none" : wall.size === 1 ? "one" : wall.size <= 12 ? "few" : "many";
}

/** Where to point a client. */
async function describeServer(): Promise<void> {
  let status: Status;
  try {
    const answer = await getStatus();
    status = answer.status;
    setClock(answer.date);
  } catch {
    return; // the connection says how things are
  }
  const { url, websocket } = status.broker;
  for (const element of document.querySelectorAll("[data-broker]")) text(element, url);
  const second = part(document, "websocket", HTMLElement);
  second.hidden = !websocket;
  text(second, websocket ?? "");
  text(part(document, "version", HTMLElement), status.version);
  if (status.simulator) await findSimulator();
}

async function findSimulator(): Promise<void> {
  const before = new Map(Array.from(wall.boards, ({ id, board }) => [id, board]));
  try {
    for (const board of await getBoards()) {
      const model = wall.change(board.id);
      // what an event told meanwhile is newer
      if (model.board === before.get(board.id)) model.seeBoard(board, now());
    }
  } catch {
    return; // the connection says how things are
  }
}

/**
 * Puts what the server remembers into a plot, once a connection. Four boards at a time: a browser has six connections
 * to a server.
 */
function fill(model: BoardModel): void {
  if (!model.device || filled.has(model)) return; // of a board without a device the server knows nothing
  filled.add(model);
  wanted.add(model);
  if (filling < 4) void fillNext();
}
const filled = new Set<BoardModel>();
const wanted = new Set<BoardModel>();
let filling = 0;

async function fillNext(): Promise<void> {
  filling++;
  for (const model of wanted) {
    wanted.delete(model);
    try {
      model.series.fill(await getRecent(model.id));
      wall.filled(model);
    } catch {
      continue; // a plot that begins now is a plot too
    }
  }
  filling--;
}
