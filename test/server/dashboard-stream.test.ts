/** Tests the event hub, which shares one event stream between the dashboard's tabs and reports the connection state. */
import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { EventHub, type SendToPage } from "../../server/dashboard/events/hub.js";
import { createParser } from "../../server/dashboard/events/parser.js";
import type { ServerEvent, MessageToPage } from "../../server/dashboard/events/protocol.js";
import { describeRefusal } from "../../server/dashboard/labels.js";
import { en } from "../../server/dashboard/messages/en.js";
import { setMessages } from "../../server/dashboard/messages/message.js";
import { eventually } from "../support/eventually.js";

const formatEvent = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const PORCH_EVENT = formatEvent("devices", [{ id: "porch" }]);

afterEach(() => void vi.useRealTimers());

test("the parser yields the same events however the network splits the stream", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("device", "zone"), fc.json())),
      fc.infiniteStream(fc.nat(9)),
      (list, cuts) => {
        const events = list.map(([name, text]): ServerEvent => [name, JSON.parse(text)]);
        let text = "retry: 1000\n\n" + events.map(([name, data]) => ":\n\n" + formatEvent(name, data)).join("");
        const parse = createParser();
        const got: ServerEvent[] = [];
        for (const cut of cuts) {
          if (!text) break;
          got.push(...parse(text.slice(0, cut + 1)));
          text = text.slice(cut + 1);
        }
        expect(got).toEqual(events);
      },
    ),
  );
});

describe("a page", () => {
  /** What the pages of the present test receive. */
  const pages: SendToPage[] = [];

  /** Starts a server that calls `answer` for each request, and a hub that connects to it. Returns hub and responses. */
  async function startHub(answer: (response: ServerResponse) => void) {
    const answers: ServerResponse[] = [];
    const server = http.createServer((_request, response) => {
      answers.push(response);
      answer(response);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const hub = new EventHub(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/events`);
    // a hub with a visible page would reconnect for ever, perhaps to a server of another test at the same port
    onTestFinished(() => {
      for (const page of pages.splice(0)) hub.handleHiddenPage(page);
      hub.restart();
    });
    return { hub, answers };
  }
  const startStream = (response: ServerResponse) =>
    response.writeHead(200, { "content-type": "text/event-stream" }).write(PORCH_EVENT);

  function createPage() {
    const got: MessageToPage[] = [];
    const see = (message: MessageToPage) => void got.push(message);
    pages.push(see);
    const listConnectionStates = () => got.flatMap((message) => ("state" in message ? [message.state] : []));
    const waitForMessage = (wanted: string, times = 1) =>
      eventually(() => JSON.stringify(got).split(wanted).length > times, { what: `${wanted} at the page` });
    return {
      see,
      got,
      listConnectionStates,
      waitForMessage,
    };
  }

  test("a page that joins others gets the latest state at once from the shared stream", async () => {
    const { hub, answers } = await startHub(startStream);
    const [first, second] = [createPage(), createPage()];
    hub.handleVisiblePage(first.see);
    await first.waitForMessage("porch");
    for (const change of [
      formatEvent("device", { id: "attic", light: 1 }),
      formatEvent("forgotten", { id: "porch" }),
      formatEvent("zones", [{ name: "yard" }]),
      formatEvent("zone", { name: "yard", light: 2 }),
    ])
      answers[0].write(change);
    await first.waitForMessage('"zone"');
    hub.handleVisiblePage(second.see);
    expect(second.got).toEqual([
      { state: "live" },
      { events: [["devices", [{ id: "attic", light: 1 }]], ["zones", [{ name: "yard", light: 2 }]]] }, // prettier-ignore
    ]);
    expect(answers).toHaveLength(1);
  });

  test("a page shows why the server sends no events, and receives them later", async () => {
    let full = true;
    const { hub } = await startHub((response) =>
      full
        ? response.writeHead(503, { "content-type": "application/json" }).end('{"error":"No room."}')
        : startStream(response),
    );
    const { see, got, waitForMessage } = createPage();
    hub.handleVisiblePage(see);
    await waitForMessage("refused");
    expect(got.at(-1)).toEqual({ state: "refused", status: 503, problem: "No room." });
    full = false;
    hub.handleVisiblePage(see);
    await waitForMessage("porch");
  });

  test("a page shown after a sleep opens a new connection, because the old one may be dead", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { hub, answers } = await startHub(startStream);
    const { see, listConnectionStates, waitForMessage } = createPage();
    hub.handleVisiblePage(see);
    await waitForMessage("porch");
    vi.setSystemTime(Date.now() + 21_000);
    hub.handleVisiblePage(see);
    await waitForMessage("porch", 2);
    expect(listConnectionStates()).toEqual(["connecting", "live", "connecting", "live"]);
    expect(answers).toHaveLength(2);
  });

  test("a page replaces a connection that has been silent for too long", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const { hub } = await startHub(startStream);
    const { see, listConnectionStates, waitForMessage } = createPage();
    hub.handleVisiblePage(see);
    await waitForMessage("porch");
    vi.advanceTimersByTime(38_000);
    expect(listConnectionStates()).toEqual(["connecting", "live"]);
    vi.advanceTimersByTime(4000);
    expect(listConnectionStates()).toEqual(["connecting", "live", "lost"]);
    await waitForMessage("porch", 2);
  });

  test("a page warns that a proxy may buffer events when none arrives", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const { hub, answers } = await startHub(() => {});
    const { see, got } = createPage();
    hub.handleVisiblePage(see);
    await eventually(() => answers.length === 1, { what: "the request" });
    vi.advanceTimersByTime(22_000);
    expect(got.at(-1)).toEqual({ state: "refused", status: 0 });
    setMessages(en, "en");
    expect(describeRefusal({ status: 0 })).toContain("A proxy");
  });

  test("a page that disappears without closing holds its stream for at most a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const { hub, answers } = await startHub(startStream);
    const { see, waitForMessage } = createPage();
    hub.handleVisiblePage(see);
    await waitForMessage("porch");
    const closed = once(answers[0], "close");
    for (let second = 0; second < 60; second += 15) {
      answers[0].write(":\n\n");
      vi.advanceTimersByTime(15_000);
    }
    await closed;
  });
});
