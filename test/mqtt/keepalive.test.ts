/**
 * Tests the keep-alive timer of the boards' MQTT client. The tests pass the time to the timer, so they need no clock.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeepAlive, KeepAliveAction } from "../../packages/devicescript-mqtt/src/keepalive.js";

const KEEP_ALIVE_SECONDS = 8;
/** The keep-alive interval in ms. */
const KEEP_ALIVE_INTERVAL = KEEP_ALIVE_SECONDS * 1000;

/** Runs the timer while bytes arrive at the given times in ms. Returns when it pinged, and when it gave up. */
function runTimer(arrivals: number[]): { pings: number[]; gaveUp: number } {
  const keepAlive = new KeepAlive(KEEP_ALIVE_SECONDS, 0);
  const pings: number[] = [];
  const waiting = [...arrivals];
  for (let now = 0; ; now += keepAlive.nextCheck) {
    while (waiting.length > 0 && waiting[0] <= now) keepAlive.onReceived(waiting.shift()!);
    const action = keepAlive.check(now, false);
    if (action === KeepAliveAction.GiveUp) return { pings, gaveUp: now };
    if (action !== KeepAliveAction.Ping) continue;
    pings.push(now);
    keepAlive.onSent(now);
  }
}

describe("the keep-alive timer", () => {
  it("gives up 1/2 of the interval after a ping that nothing follows", () => {
    expect(runTimer([])).toEqual({ pings: [6000], gaveUp: 10_000 });
  });

  it("takes any bytes after a ping as its answer, and pings again 3/4 of the interval later", () => {
    expect(runTimer([9000])).toEqual({ pings: [6000, 12_000], gaveUp: 16_000 });
  });

  it("never gives up within 1/2 of the interval after bytes arrived, and always within 5/4 of it", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: KEEP_ALIVE_INTERVAL / 2 }), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, (gaps) => {
        let last = 0;
        const { pings, gaveUp } = runTimer(gaps.map((gap) => (last += gap)));
        expect(gaveUp).toBeGreaterThan(last + KEEP_ALIVE_INTERVAL / 2 - 1);
        expect(gaveUp).toBeLessThanOrEqual(last + (KEEP_ALIVE_INTERVAL * 5) / 4);
        // The broker closes a connection without a packet for 3/2 of the interval [MQTT-3.1.2-24].
        for (const [n, ping] of pings.entries())
          expect(ping - (pings[n - 1] ?? 0)).toBeLessThan(KEEP_ALIVE_INTERVAL * 1.5);
      }),
    );
  });
});
