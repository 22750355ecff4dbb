/** The dashboard: connects the server's events to the models and views of boards and zones. */

import { onUnauthorized } from "./api.js";
import { replaceAlerts, updateAlert } from "./alerts.js";
import { announceSwitches } from "./announcements.js";
import { Boards } from "./boards.js";
import { now, formatTime } from "./clock.js";
import { handleStorageEvent, pollStatus } from "./status.js";
import { findPart, setText } from "./dom.js";
import { listen } from "./events.js";
import { describeRefusal } from "./labels.js";
import { message } from "./messages/message.js";
import { CardGrid } from "./overview/card-grid.js";
import { RecentLoader } from "./overview/recent-loader.js";
import { UpdatesNotice } from "./overview/updates.js";
import { Toolbar } from "./overview/toolbar.js";
import { goToLogin, loadSession, setUpLogout } from "./session.js";
import { showServerInfo, loadSimulatedBoards } from "./server.js";
import { showScale, showSummary } from "./summary.js";
import { setUpTheme } from "./theme.js";
import { Editing } from "./settings/editing.js";
import { Views } from "./views.js";
import { Zones } from "./zones.js";

/** How long a board that has returned may take to send its late readings, in ms. */
const LATE_READINGS_TIME = 3000;
/** Time between two redraws of the plots, in ms. In this time, the line of a plot moves about half a pixel. */
const REDRAW_INTERVAL = 250;
/** Time between two redraws of the plots for users who prefer reduced motion, in ms. */
const REDUCED_MOTION_INTERVAL = 1000;
const SUMMARY_INTERVAL = 500;
/** Time between two updates of texts that depend on the time, in ms. */
const TEXT_UPDATE_INTERVAL = 10_000;

/** Starts the dashboard. The messages must be loaded. */
export function startDashboard(): void {
  const page = document.documentElement;
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  const connection = findPart(document, "connection", HTMLElement);
  const main = findPart(document, "main", HTMLElement);

  const boards = new Boards();
  const zones = new Zones();
  const editing = new Editing();
  const recentLoader = new RecentLoader((model) => grid.handleHistoryLoaded(model));
  const grid = new CardGrid(
    findPart(document, "groups", HTMLElement),
    boards,
    zones,
    (model) => recentLoader.requestReadings(model),
    (found) => {
      toolbar.render(found, boards.size);
      showScale(boards.size);
    },
  );
  const toolbar = new Toolbar(document, (view) => grid.setArrangement(view));
  const views = new Views(boards, zones, editing, (id) => grid.focus(id));

  const updates = new UpdatesNotice(boards);

  onUnauthorized(goToLogin);
  findPart(document, "skip", HTMLAnchorElement).addEventListener("click", (event) => {
    event.preventDefault(); // following the link would change the URL's hash, which selects the view
    main.focus();
  });
  pollStatus();
  announceSwitches(boards, findPart(document, "announcements", HTMLElement));

  /** When the connection to the server was lost, in ms by the server's clock; undefined while connected. */
  let lostAt: number | undefined;

  /** Shows that the connection is lost. @param describe returns the text for the time of the loss, in ms */
  function handleLoss(describe: (at: number) => string): void {
    grid.setLostAt((lostAt ??= now()));
    page.dataset.connection = "lost";
    setText(connection, describe(lostAt));
  }

  // A hidden page receives no events, so the plots end when the page was hidden.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) grid.setLostAt((lostAt ??= now()));
  });

  const restart = listen({
    connecting() {
      page.dataset.connection = "new";
      setText(connection, message("page.connecting"));
    },
    connected() {
      const serverShown = showServerInfo().then((simulator) => (simulator ? loadSimulatedBoards(boards) : undefined));
      const sessionShown = loadSession().then(() => {
        boards.refresh();
        void updates.load();
        views.updateTimeTexts();
        editing.settings.handleReconnect();
      });
      // The parts above a plot grow until the server's information and the session are shown. Until then, the style
      // sheet hides the plot's sliders.
      void Promise.allSettled([serverShown, sessionShown]).then(() =>
        requestAnimationFrame(() => (page.dataset.layout = "final")),
      );
      page.dataset.connection = "live";
      setText(connection, message("page.live"));
    },
    lost: () => handleLoss((at) => message("page.connectionLost", { time: formatTime(at) })),
    refused(refusal) {
      handleLoss(() => describeRefusal(refusal));
      void loadSession();
    },
    devices(devices) {
      boards.replaceDevices(devices);
      recentLoader.allowNewRequests();
      grid.setLostAt((lostAt = undefined));
      page.dataset.loaded = "";
      views.handleBoardsLoaded();
      showSummary(boards);
      if (boards.size === 0) void loadNextSteps();
    },
    device(device) {
      const model = boards.get(device.id);
      const isReturning = model?.device?.online === false && device.online;
      boards.updateDevice(device);
      if (!isReturning) return;
      setTimeout(() => {
        recentLoader.requestAgain(model);
        views.reloadHistory(device.id);
      }, LATE_READINGS_TIME);
    },
    zones: (list) => zones.replaceZones(list),
    zone: (zone) => zones.updateZone(zone),
    alerts: replaceAlerts,
    alert: updateAlert,
    forgotten: (id) => boards.remove(id),
    storage: handleStorageEvent,
    rollout: (rollout) => updates.setRollout(rollout),
    settings: (etag) => editing.settings.handleChange(etag),
    board: (board) => boards.updateSimulatedBoard(board),
  });

  setUpLogout(restart);

  const drawFrame = () => {
    grid.tick();
    setTimeout(drawFrame, reducedMotion.matches ? REDUCED_MOTION_INTERVAL : REDRAW_INTERVAL);
  };
  drawFrame();
  setInterval(() => {
    showSummary(boards);
    updates.render();
  }, SUMMARY_INTERVAL);
  setInterval(() => views.tick(), REDUCED_MOTION_INTERVAL);
  setInterval(() => {
    grid.updateTimeTexts();
    views.updateTimeTexts();
  }, TEXT_UPDATE_INTERVAL);
  setUpTheme(() => {
    grid.recolor();
    views.recolor();
  });
}

/** Loads the commands of the notice for a server without boards. The notice is useful without them, too. */
async function loadNextSteps(): Promise<void> {
  const { showNextSteps } = await import("./overview/next-steps.js");
  await showNextSteps().catch(() => undefined);
}
