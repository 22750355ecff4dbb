import { describe, expect, test } from "vitest";
import type { Device, Zone } from "../../server/dashboard/api.js";
import { BoardModel } from "../../server/dashboard/model.js";
import { arrangeBoards, type Arrangement } from "../../server/dashboard/overview/arrange.js";
import { formatBoardHash, parseRoute, formatZoneHash } from "../../server/dashboard/route.js";
import { describeCombination, describeLostReadings, describeRule } from "../../server/dashboard/labels.js";
import { en } from "../../server/dashboard/messages/en.js";
import { formatDuration, formatTimeLeft } from "../../server/dashboard/messages/locale.js";
import { message, setMessages } from "../../server/dashboard/messages/message.js";
import type { DeviceView } from "../../server/src/devices/devices.js";
import type { ZoneView } from "../../server/src/decisions/zones/view.js";
import { createDeviceView, createZoneView } from "./support/fake-api.js";

setMessages(en, "en");

const DEFAULT_VIEW: Arrangement = { search: "", show: "all", sort: "name" };

function createModel(id: string, change: Partial<DeviceView> = {}): BoardModel {
  const made = new BoardModel(id);
  // type-checks that the dashboard's `Device` accepts the server's `DeviceView`
  const device: Device = createDeviceView(id, change);
  made.updateDevice(device, 0);
  return made;
}

/** Arranges the boards. Returns a list per zone: the zone's name ("-" without a zone), then the ids of its boards. */
function arrangeIds(boards: BoardModel[], view: Partial<Arrangement> = {}, zones: ZoneView[] = []): string[][] {
  const known: Zone[] = zones;
  return arrangeBoards(boards, known, { ...DEFAULT_VIEW, ...view }).map(({ zone, boards }) => [
    zone?.name ?? "-",
    ...boards.map(({ id }) => id),
  ]);
}

describe("the boards of the overview", () => {
  test("the boards of the overview are sorted by name, with numbers in numeric order", () => {
    expect(
      arrangeIds([createModel("b/10"), createModel("b/9"), createModel("a"), createModel("x", { label: "Aa" })]),
    ).toEqual([["-", "a", "x", "b/9", "b/10"]]);
  });

  test("the boards of the overview are grouped by zone in the server's order, with boards without a zone last", () => {
    const zones = [
      createZoneView("yard"),
      createZoneView("hall", { sensors: [{ id: "c", light: 1, stale: false }] }),
      createZoneView("empty"),
    ];
    const boards = [
      createModel("a", { zone: "hall" }),
      createModel("b", { zone: "yard" }),
      createModel("c"),
      createModel("d"),
      createModel("e", { zone: "gone" }),
    ];
    expect(arrangeIds(boards, {}, zones)).toEqual([
      ["yard", "b"],
      ["hall", "a", "c"],
      ["-", "d", "e"],
    ]);
  });

  test("the boards of the overview match a search by id, name and zone if they contain every word", () => {
    const boards = [
      createModel("house/hall", { label: "Downstairs" }),
      createModel("house/attic"),
      createModel("yard/pond", { zone: "z" }),
    ];
    const zones = [createZoneView("z", { label: "Garden" })];
    expect(arrangeIds(boards, { search: " HOUSE hall" }, zones)).toEqual([["-", "house/hall"]]);
    expect(arrangeIds(boards, { search: "downst" }, zones)).toEqual([["-", "house/hall"]]);
    expect(arrangeIds(boards, { search: "garden pond" }, zones)).toEqual([["z", "yard/pond"]]);
    expect(arrangeIds(boards, { search: "cellar" }, zones)).toEqual([]);
  });

  test("the boards of the overview can be filtered by offline, on, overridden and missing readings", () => {
    const boards = [
      createModel("offline", { online: false }),
      createModel("on", { led_on: true }),
      createModel("held", { mode: "off" }),
      createModel("missing", { missing: 1 }),
      createModel("dropped", { dropped: 1 }),
    ];
    expect(arrangeIds(boards, { show: "offline" })).toEqual([["-", "offline"]]);
    expect(arrangeIds(boards, { show: "on" })).toEqual([["-", "on"]]);
    expect(arrangeIds(boards, { show: "overridden" })).toEqual([["-", "held"]]);
    expect(arrangeIds(boards, { show: "missing" })).toEqual([["-", "dropped", "missing"]]);
  });

  test("the boards of the overview can be sorted by light or by problems", () => {
    const boards = [
      createModel("bright", { light: 900 }),
      createModel("dark", { light: 0, mode: "on" }),
      createModel("unknown", { light: null, online: false }),
      createModel("mid", { light: 500, missing: 2 }),
    ];
    expect(arrangeIds(boards, { sort: "darkest" })).toEqual([["-", "dark", "mid", "bright", "unknown"]]);
    expect(arrangeIds(boards, { sort: "brightest" })).toEqual([["-", "bright", "mid", "dark", "unknown"]]);
    expect(arrangeIds(boards, { sort: "problems" })).toEqual([["-", "unknown", "mid", "dark", "bright"]]);
  });
});

describe("a URL hash", () => {
  test("a URL hash identifies a board or zone with any characters in its name", () => {
    for (const name of ["nightlight/a", "a b/%41#ü?", "..", "100%"]) {
      expect(parseRoute(formatBoardHash(name))).toEqual({ view: "board", id: name });
      expect(parseRoute(formatZoneHash(name))).toEqual({ view: "zones", name });
    }
  });

  test("a URL hash may be written by hand, and shows all boards if it is unknown", () => {
    expect(parseRoute("#/board/nightlight/a")).toEqual({ view: "board", id: "nightlight/a" });
    expect(parseRoute("#/board/100%")).toEqual({ view: "board", id: "100%" });
    expect(parseRoute("#/zones")).toEqual({ view: "zones" });
    for (const hash of ["", "#", "#/", "#/board/", "#/nonsense/x", "#main"])
      expect(parseRoute(hash)).toEqual({ view: "boards" });
  });
});

describe("a text", () => {
  test("a text shows a duration in its two largest units", () => {
    const said = [
      0,
      45_000,
      59_600,
      60_000,
      3_540_000,
      3_600_000,
      7_500_000,
      86_370_000,
      86_399_000,
      90_000_000,
      31 * 86_400_000,
    ];
    expect(said.map(formatDuration)).toEqual([
      "0 sec",
      "45 sec",
      "1 min",
      "1 min",
      "59 min",
      "1 hr",
      "2 hr 5 min",
      "1 day",
      "1 day",
      "1 day 1 hr",
      "31 days",
    ]);
    expect([1, 60_000, 60_001].map(formatTimeLeft)).toEqual(["1 min", "1 min", "2 min"]);
    expect([1, 0, 1234].map((count) => message("page.boardCount", { count }))).toEqual([
      "1 board",
      "0 boards",
      "1,234 boards",
    ]);
  });

  test("a text shows how a zone decides and how many readings were lost", () => {
    const sensors = [1, 2, 3].map((i) => ({ id: String(i), light: 1, stale: i === 3 }));
    expect(describeCombination(createZoneView("z", { sensors }))).toBe("median of 2 of 3 sensors");
    expect(describeCombination(createZoneView("z", { combine: "any", sensors: sensors.slice(0, 1) }))).toBe(
      "darkest of 1 sensor",
    );
    expect(describeCombination(createZoneView("z", { combine: "at_least", at_least: 2, sensors }))).toBe(
      "at least 2 of 3 sensors must be dark",
    );
    expect(describeRule({ threshold: 300, hysteresis: 40 })).toBe("on below 300, off at 340 or more");
    expect(describeLostReadings(createDeviceView("a", { missing: 1, dropped: 20 }))).toBe(
      "1 reading missing · 20 readings dropped",
    );
  });
});
