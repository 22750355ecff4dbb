/** The page: what the server says goes to the boards and zones, and the address says which view of them is shown. */

import { onUnauthorized } from "./api.js";
import { announceSwitches } from "./announcer.js";
import { Boards } from "./boards.js";
import { now, when } from "./clock.js";
import { hearStorage, watchStatus } from "./status.js";
import { part, text } from "./dom.js";
import { listen } from "./events.js";
import { Backlog } from "./overview/backlog.js";
import { Toolbar } from "./overview/toolbar.js";
import { Wall } from "./overview/wall.js";
import { goToLogin, learnSession, offerLogout } from "./session.js";
import { describeServer, findSimulator } from "./server.js";
import { sumUp } from "./summary.js";
import { Views } from "./views.js";
import { Zones } from "./zones.js";

/** Time between two drawings of the plots, in ms: in three minutes' width the line moves about half a pixel. */
const DRAW = 250;
const DRAW_CALMLY = 1000;
const SUM_UP = 500;
const DESCRIBE = 10_000;

const page = document.documentElement;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const connection = part(document, "connection", HTMLElement);
const main = part(document, "main", HTMLElement);

const boards = new Boards();
const zones = new Zones();
const backlog = new Backlog((model) => wall.filled(model));
const wall = new Wall(
  part(document, "groups", HTMLElement),
  boards,
  zones,
  (model) => backlog.want(model),
  (found) => toolbar.render(found, boards.size),
);
const toolbar = new Toolbar(document, (view) => wall.setView(view));
const views = new Views(boards, zones, (id) => wall.focus(id));

onUnauthorized(goToLogin);
part(document, "skip", HTMLAnchorElement).addEventListener("click", (event) => {
  event.preventDefault(); // the address says which view is shown
  main.focus();
});
watchStatus();
announceSwitches(boards, part(document, "announcer", HTMLElement));

/** Since when the page has not heard from the server, in ms by its clock. */
let lost: number | undefined;

/** `text`: why there is no connection, for people. */
function loseConnection(say: (at: number) => string): void {
  wall.setLost((lost ??= now()));
  page.dataset.connection = "lost";
  text(connection, say(lost));
}

// from here on nothing is heard until the page is shown again
document.addEventListener("visibilitychange", () => {
  if (document.hidden) wall.setLost((lost ??= now()));
});

const restart = listen({
  connecting() {
    page.dataset.connection = "new";
    text(connection, "connecting");
  },
  connected() {
    void describeServer().then((simulator) => (simulator ? findSimulator(boards) : undefined));
    void learnSession().then(() => {
      boards.refresh();
      views.describe();
    });
    page.dataset.connection = "live";
    text(connection, "live");
  },
  lost: () => loseConnection((at) => `server lost at ${when(at)}, trying again`),
  refused(problem) {
    loseConnection(() => problem);
    void learnSession();
  },
  devices(devices) {
    boards.seeDevices(devices);
    backlog.restart();
    wall.setLost((lost = undefined));
    page.dataset.loaded = "";
    views.loaded();
    sumUp(boards);
  },
  device: (device) => boards.seeDevice(device),
  zones: (list) => zones.seeAll(list),
  zone: (zone) => zones.see(zone),
  forgotten: (id) => boards.remove(id),
  storage: hearStorage,
  board: (board) => boards.seeBoard(board),
});

offerLogout(restart);

const draw = () => {
  wall.tick();
  setTimeout(draw, calm.matches ? DRAW_CALMLY : DRAW);
};
draw();
setInterval(() => sumUp(boards), SUM_UP);
setInterval(() => views.tick(), DRAW_CALMLY);
setInterval(() => {
  wall.describe();
  views.describe();
}, DESCRIBE);
dark.addEventListener("change", () => {
  wall.recolour();
  views.recolour();
});
