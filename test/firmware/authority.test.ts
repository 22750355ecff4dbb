import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { createAuthority, CATCH_UP_TIMEOUT, type Authority } from "../../src/authority.js";

const DECISION_PARAMETERS = { ...LESSON_RULE, alone_after: 10_000 };
const DARK = 100;
const BRIGHT = 900;

describe("control of the lamp", () => {
  let authority: Authority;
  let now = 0;
  const takeSample = (light: number) => authority.sample(light, now, DECISION_PARAMETERS);
  const advanceClock = (ms: number) => (now += ms);

  /** Creates a board whose server has just answered a new reading. */
  beforeEach(() => {
    now = 1000;
    authority = createAuthority(now);
    authority.connected(now);
    authority.readingSent(1);
    authority.command(false, 1, now);
    expect(authority.decided_by).toBe("server");
  });

  it("belongs to the server while it is online, and every command is applied at once, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (commands) => {
        for (const on of commands) {
          expect(authority.command(on, undefined, now)).toBe(on);
          expect(takeSample(on ? BRIGHT : DARK)).toBe(on);
        }
      }),
    );
  });

  it.each(["the broker is offline", "the server says that it is offline"])(
    "passes to the board, which applies the rule, when %s for a while",
    (how) => {
      if (how === "the broker is offline") authority.disconnected(now);
      else authority.setServerOnline(false, now);
      advanceClock(DECISION_PARAMETERS.alone_after - 1);
      expect([takeSample(DARK), authority.decided_by]).toEqual([false, "server"]);
      advanceClock(1);
      expect([takeSample(DARK), authority.decided_by]).toEqual([true, "device"]);
      expect([takeSample(BRIGHT), authority.decided_by]).toEqual([false, "device"]);
    },
  );

  it("passes to the board after a start without a server", () => {
    authority = createAuthority(now);
    advanceClock(DECISION_PARAMETERS.alone_after);
    expect([takeSample(DARK), authority.decided_by]).toEqual([true, "device"]);
  });

  it("stays with the server during a short disconnect", () => {
    authority.disconnected(now);
    advanceClock(DECISION_PARAMETERS.alone_after - 1);
    authority.connected(now);
    advanceClock(5);
    expect([takeSample(DARK), authority.decided_by]).toEqual([false, "server"]);
  });

  it("returns to the server without flicker: queued commands are ignored, the answer to a new reading is applied", () => {
    authority.disconnected(now);
    advanceClock(DECISION_PARAMETERS.alone_after);
    expect(takeSample(DARK)).toBe(true);
    authority.connected(now);
    for (const stale of [false, true, false]) expect(authority.command(stale, 1, now)).toBe(true);
    authority.readingSent(7);
    expect(authority.command(false, 6, now)).toBe(true);
    expect([takeSample(DARK), authority.decided_by]).toEqual([true, "device"]);
    expect(authority.command(true, 7, now)).toBe(true);
    expect(authority.decided_by).toBe("server");
  });

  it("does not return to the server because of a command for a reading before the last boot", () => {
    authority = createAuthority(now);
    advanceClock(DECISION_PARAMETERS.alone_after);
    expect(takeSample(BRIGHT)).toBe(false);
    authority.connected(now);
    authority.readingSent(1);
    expect(authority.command(true, 5000, now)).toBe(false);
    expect(authority.command(false, 1, now)).toBe(false);
    expect(authority.decided_by).toBe("server");
  });

  it("returns after a delay to a server whose commands have no seq, such as the lesson's", () => {
    authority.disconnected(now);
    advanceClock(DECISION_PARAMETERS.alone_after);
    expect(takeSample(DARK)).toBe(true);
    authority.connected(now);
    expect(authority.command(false, undefined, now)).toBe(true);
    advanceClock(CATCH_UP_TIMEOUT);
    expect([takeSample(DARK), authority.decided_by]).toEqual([false, "server"]);
  });

  it("stays with the board when only commands of an offline server arrive", () => {
    authority.setServerOnline(false, now);
    advanceClock(DECISION_PARAMETERS.alone_after);
    expect(takeSample(DARK)).toBe(true);
    authority.disconnected(now);
    authority.connected(now);
    authority.command(false, 1, now);
    advanceClock(CATCH_UP_TIMEOUT);
    expect([takeSample(DARK), authority.decided_by]).toEqual([true, "device"]);
  });

  it("passes to a server that sends commands, even if a retained status says that it is offline", () => {
    authority.setServerOnline(false, now);
    advanceClock(DECISION_PARAMETERS.alone_after);
    expect(takeSample(DARK)).toBe(true);
    expect(authority.command(false, undefined, now)).toBe(false);
    expect([takeSample(DARK), authority.decided_by]).toEqual([false, "server"]);
  });

  it("stays with the board over several connections as long as no server answers", () => {
    authority.disconnected(now);
    for (let i = 0; i < 10; i++) {
      advanceClock(900);
      authority.connected(now);
      advanceClock(200);
      takeSample(DARK);
      authority.disconnected(now);
    }
    expect([takeSample(DARK), authority.decided_by]).toEqual([true, "device"]);
  });

  it("always returns to the server after it answers a new reading, whatever happened before", () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constantFrom("connected", "disconnected", "online", "offline", "dark", "bright") }),
      fc.record({ kind: fc.constant("command"), on: fc.boolean(), seq: fc.option(fc.nat(99)) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(12_000))), fc.boolean(), (events, on) => {
        for (const [{ kind, ...rest }, pause] of events) {
          advanceClock(pause);
          if (kind === "connected") authority.connected(now);
          else if (kind === "disconnected") authority.disconnected(now);
          else if (kind === "online" || kind === "offline") authority.setServerOnline(kind === "online", now);
          else if ("on" in rest) authority.command(rest.on, rest.seq ?? undefined, now);
          else takeSample(kind === "dark" ? DARK : BRIGHT);
        }
        authority.disconnected(now);
        authority.connected(now);
        authority.setServerOnline(true, now);
        authority.readingSent(100);
        expect(authority.command(on, 100, now)).toBe(on);
        expect([takeSample(on ? DARK : BRIGHT), authority.decided_by]).toEqual([on, "server"]);
      }),
    );
  });
});
