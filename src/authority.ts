// Who decides about the lamp: the server while it is there, and the board by the same rule when it is not.
//
// - Without a server for `alone_after` (no connection, or the server said that it is gone), the board decides.
// - After each connect, commands that waited at the broker come first. They are of the past: only the last of them
//   counts, and only when no answer to a reading of the present arrives. So nothing flickers.
// - The board hands back when the server has answered a reading of the present, not before.
// - A command out of the blue proves that somebody decides, whatever a status left behind may say.

import { decide, Lamp, Rule } from "../contract/rule.js"

/** How long after a connect an answer to a reading of the present is waited for, in ms. */
export const SETTLE = 1500

export interface AuthorityParameters extends Rule {
    /** In ms. */
    readonly alone_after: number
}

/** Times are in ms of one clock that does not go back; each function gives the state that the lamp is to have. */
export interface Authority {
    decided_by: "server" | "device"
    /** The session is up; commands that waited may arrive. */
    connected(now: number): void
    disconnected(now: number): void
    /** What `<prefix>/status` says; true when a server that was gone is back. */
    server(online: boolean, now: number): boolean
    /** A reading was sent. */
    sent(seq: number): void
    /** @param seq of the reading that it answers; undefined when it does not say */
    command(led_on: boolean, seq: number | undefined, now: number): boolean
    /** To be called at each look at the sensor. @param light 0 to 1023 */
    look(light: number, now: number, parameters: AuthorityParameters): boolean
}

/** @param now the time of the start: the board has been alone since then */
export function createAuthority(now: number): Authority {
    let lamp: Lamp | undefined = undefined
    let linked = false
    let serverGone = false
    let absentSince = now
    // after a connect: until when, from which reading on an answer is fresh, and the last command so far
    let settling = false
    let settleBy = 0
    let fresh: number | undefined = undefined
    let newest = 0
    let wanted: boolean | undefined = undefined

    function obey(led_on: boolean, at: number) {
        authority.decided_by = "server"
        if (!lamp || lamp.led_on !== led_on) lamp = { led_on, since: at }
    }

    function settle(at: number) {
        settling = false
        if (wanted !== undefined && !serverGone) obey(wanted, at)
    }

    function startSettling(at: number) {
        settling = true
        settleBy = at + SETTLE
        fresh = undefined
        wanted = undefined
    }

    function connected(at: number) {
        linked = true
        startSettling(at)
    }

    function disconnected(at: number) {
        // a connection that brought no answer was no server
        if (linked && !serverGone && !settling) absentSince = at
        linked = false
        settling = false
    }

    function server(online: boolean, at: number): boolean {
        if (online === !serverGone) return false
        serverGone = !online
        if (online) startSettling(at)
        else if (linked) absentSince = at
        return online
    }

    function sent(seq: number) {
        newest = seq
        if (settling && fresh === undefined) fresh = seq
    }

    function command(led_on: boolean, seq: number | undefined, at: number): boolean {
        if (settling) {
            wanted = led_on
            // a number that was not sent yet is one of an earlier boot
            if (seq !== undefined && fresh !== undefined && seq >= fresh && seq <= newest) {
                serverGone = false
                settle(at)
            }
        } else {
            serverGone = false
            obey(led_on, at)
        }
        return state()
    }

    function look(light: number, at: number, parameters: AuthorityParameters): boolean {
        if (settling && at >= settleBy) settle(at)
        const absent = !linked || serverGone
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
        server,
        sent,
        command,
        look,
    }
    return authority
}
