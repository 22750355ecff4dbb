import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { LESSON_RULE } from "../../contract/index.js";
import { createAuthority, CATCH_UP, type Authority } from "../../src/authority.js";

const PARAMETERS = { ...LESSON_RULE, alone_after: 10_000 };
const DARK = 100;
const BRIGHT = 900;

describe("who decides about the lamp", () => {
  let authority: Authority;
  let now = 0;
  const sample = (light: number) => authority.sample(light, now, PARAMETERS);
  const wait = (ms: number) => (now += ms);

  /** A board whose server has just answered a reading of the present. */
  beforeEach(() => {
    now = 1000;
    authority = createAuthority(now);
    authority.connected(now);
    authority.sent(1);
    authority.command(false, 1, now);
    expect(authority.decided_by).toBe("server");
  });

  it("is the server, at once, while it is there: every command counts, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (commands) => {
        for (const on of commands) {
          expect(authority.command(on, undefined, now)).toBe(on);
          expect(sample(on ? BRIGHT : DARK)).toBe(on);
        }
      }),
    );
  });

  it.each(["the broker is gone", "the server says that it is gone"])(
    "is the board, by the rule, when %s for a while",
    (how) => {
      if (how === "the broker is gone") authority.disconnected(now);
      else authority.server(false, now);
      wait(PARAMETERS.alone_after - 1);
      expect([sample(DARK), authority.decided_by]).toEqual([false, "server"]);
      wait(1);
      expect([sample(DARK), authority.decided_by]).toEqual([true, "device"]);
      expect([sample(BRIGHT), authority.decided_by]).toEqual([false, "device"]);
    },
  );

  it("is the board after a start without any server", () => {
    authority = createAuthority(now);
    wait(PARAMETERS.alone_after);
    expect([sample(DARK), authority.decided_by]).toEqual([true, "device"]);
  });

  it("is not the board because of a short cut", () => {
    authority.disconnected(now);
    wait(PARAMETERS.alone_after - 1);
    authority.connected(now);
    wait(5);
    expect([sample(DARK), authority.decided_by]).toEqual([false, "server"]);
  });

  it("goes back to the server without a flicker: what waited at the broker is not obeyed, the answer to the present is", () => {
    authority.disconnected(now);
    wait(PARAMETERS.alone_after);
    expect(sample(DARK)).toBe(true);
    authority.connected(now);
    for (const stale of [false, true, false]) expect(authority.command(stale, 1, now)).toBe(true);
    authority.sent(7);
    expect(authority.command(false, 6, now)).toBe(true);
    expect([sample(DARK), authority.decided_by]).toEqual([true, "device"]);
    expect(authority.command(true, 7, now)).toBe(true);
    expect(authority.decided_by).toBe("server");
  });

  it("is not taken by what a server answered to an earlier boot, although its number is higher than any sent yet", () => {
    authority = createAuthority(now);
    wait(PARAMETERS.alone_after);
    expect(sample(BRIGHT)).toBe(false);
    authority.connected(now);
    authority.sent(1);
    expect(authority.command(true, 5000, now)).toBe(false);
    expect(authority.command(false, 1, now)).toBe(false);
    expect(authority.decided_by).toBe("server");
  });

  it("goes back to a server that does not say what it answers, such as the lesson's, after a moment", () => {
    authority.disconnected(now);
    wait(PARAMETERS.alone_after);
    expect(sample(DARK)).toBe(true);
    authority.connected(now);
    expect(authority.command(false, undefined, now)).toBe(true);
    wait(CATCH_UP);
    expect([sample(DARK), authority.decided_by]).toEqual([false, "server"]);
  });

  it("stays with the board when what comes is only what a server left behind that is gone", () => {
    authority.server(false, now);
    wait(PARAMETERS.alone_after);
    expect(sample(DARK)).toBe(true);
    authority.disconnected(now);
    authority.connected(now);
    authority.command(false, 1, now);
    wait(CATCH_UP);
    expect([sample(DARK), authority.decided_by]).toEqual([true, "device"]);
  });

  it("goes to whoever commands, although a status left behind says that the server is gone", () => {
    authority.server(false, now);
    wait(PARAMETERS.alone_after);
    expect(sample(DARK)).toBe(true);
    expect(authority.command(false, undefined, now)).toBe(false);
    expect([sample(DARK), authority.decided_by]).toEqual([false, "server"]);
  });

  it("is the board although a connection comes and goes, as long as no server answers", () => {
    authority.disconnected(now);
    for (let i = 0; i < 10; i++) {
      wait(900);
      authority.connected(now);
      wait(200);
      sample(DARK);
      authority.disconnected(now);
    }
    expect([sample(DARK), authority.decided_by]).toEqual([true, "device"]);
  });

  it("comes to the server's state after any fault, once it answers a reading of the present", () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constantFrom("connected", "disconnected", "online", "offline", "dark", "bright") }),
      fc.record({ kind: fc.constant("command"), on: fc.boolean(), seq: fc.option(fc.nat(99)) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(12_000))), fc.boolean(), (events, on) => {
        for (const [{ kind, ...rest }, pause] of events) {
          wait(pause);
          if (kind === "connected") authority.connected(now);
          else if (kind === "disconnected") authority.disconnected(now);
          else if (kind === "online" || kind === "offline") authority.server(kind === "online", now);
          else if ("on" in rest) authority.command(rest.on, rest.seq ?? undefined, now);
          else sample(kind === "dark" ? DARK : BRIGHT);
        }
        authority.disconnected(now);
        authority.connected(now);
        authority.server(true, now);
        authority.sent(100);
        expect(authority.command(on, 100, now)).toBe(on);
        expect([sample(on ? DARK : BRIGHT), authority.decided_by]).toEqual([on, "server"]);
      }),
    );
  });
});
