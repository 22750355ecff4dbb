// Decides who controls the lamp: the server while it is available, otherwise the board, by the same rule.
//
// - The board takes over after `alone_after` without a server: no connection, or the server announced that it is offline.
// - After a connect, the broker first delivers old commands. To avoid flicker, the board ignores them until a command
//   answers a new reading. If none arrives within `CATCH_UP_TIMEOUT`, the board applies the last command it received.
// - The board hands control back only when the server answers a new reading.
// - A command at any other time proves that a server is online, even if a retained status says that it is offline.

import { decide, Lamp, Rule } from "../contract/rule.js"

/** Longest wait after a connect for a command that answers a new reading, in ms. */
export const CATCH_UP_TIMEOUT = 1500

export interface AuthorityParameters extends Rule {
    /** Time without a server after which the board decides by itself, in ms. */
    readonly alone_after: number
}

/** Tracks who controls the lamp, and the state that the lamp must have. All times are in ms of one monotonic clock. */
export interface Authority {
    decided_by: "server" | "device"
    /** Call after each connect to the broker. Ignores old commands for up to `CATCH_UP_TIMEOUT` ms. */
    connected(now: number): void
    disconnected(now: number): void
    /**
     * Records whether `<prefix>/status` says that the server is online. If the server came back, returns true and ignores
     * old commands for up to `CATCH_UP_TIMEOUT` ms.
     */
    setServerOnline(online: boolean, now: number): boolean
    /** Records the `seq` of a reading that was sent, to recognize the commands that answer it. */
    readingSent(seq: number): void
    /**
     * Handles a lamp command. Returns the state that the lamp must have.
     * @param seq the reading that the command answers; undefined if the command does not contain it
     */
    command(led_on: boolean, seq: number | undefined, now: number): boolean
    /**
     * Handles a sensor sample. Returns the state that the lamp must have.
     * @param light 0 to 1023
     */
    sample(light: number, now: number, parameters: AuthorityParameters): boolean
}

/**
 * Creates the tracker.
 * @param now current time in ms, at which the time without a server starts
 * @param lampOn whether the lamp is on already; it then stays on until somebody decides
 */
export function createAuthority(now: number, lampOn?: boolean): Authority {
    let lamp: Lamp | undefined = lampOn ? { led_on: true, since: now } : undefined
    let linked = false
    let serverOffline = false
    let absentSince = now
    // True after a connect, while old commands may arrive: until `catchUpEnd` at the latest.
    let catchingUp = false
    let catchUpEnd = 0
    // Commands that answer this reading or a later one are current.
    let firstFreshSeq: number | undefined = undefined
    let lastSeq = 0
    // The last command received while catching up.
    let lastCommand: boolean | undefined = undefined

    function applyCommand(led_on: boolean, at: number) {
        authority.decided_by = "server"
        if (!lamp || lamp.led_on !== led_on) lamp = { led_on, since: at }
    }

    function endCatchUp(at: number) {
        catchingUp = false
        if (lastCommand !== undefined && !serverOffline) applyCommand(lastCommand, at)
    }

    function startCatchUp(at: number) {
        catchingUp = true
        catchUpEnd = at + CATCH_UP_TIMEOUT
        firstFreshSeq = undefined
        lastCommand = undefined
    }

    function connected(at: number) {
        linked = true
        startCatchUp(at)
    }

    function disconnected(at: number) {
        // A connection that ended while catching up does not prove that a server was online.
        if (linked && !serverOffline && !catchingUp) absentSince = at
        linked = false
        catchingUp = false
    }

    function setServerOnline(online: boolean, at: number): boolean {
        if (online === !serverOffline) return false
        serverOffline = !online
        if (online) startCatchUp(at)
        else if (linked) absentSince = at
        return online
    }

    function readingSent(seq: number) {
        lastSeq = seq
        if (catchingUp && firstFreshSeq === undefined) firstFreshSeq = seq
    }

    function command(led_on: boolean, seq: number | undefined, at: number): boolean {
        if (catchingUp) {
            lastCommand = led_on
            // Ignore a seq above `lastSeq`: such a command answers a reading from before a restart of the board.
            if (seq !== undefined && firstFreshSeq !== undefined && seq >= firstFreshSeq && seq <= lastSeq) {
                serverOffline = false
                endCatchUp(at)
            }
        } else {
            serverOffline = false
            applyCommand(led_on, at)
        }
        return state()
    }

    function sample(light: number, at: number, parameters: AuthorityParameters): boolean {
        if (catchingUp && at >= catchUpEnd) endCatchUp(at)
        const absent = !linked || serverOffline
        if (absent && at - absentSince >= parameters.alone_after) authority.decided_by = "device"
        if (authority.decided_by === "device") lamp = decide(parameters, lamp, light, at)
        return state()
    }

    function state(): boolean {
        return lamp ? lamp.led_on : false
    }

    const authority: Authority = {
        decided_by: "server",
        connected,
        disconnected,
        setServerOnline,
        readingSent,
        command,
        sample,
    }
    return authority
}
