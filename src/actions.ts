import { millis, reboot, sleep } from "@devicescript/core"
import { readSetting, writeSetting } from "@devicescript/settings"
import { ActionCommand, REPLY, Reply } from "../contract/messages.js"
import { encode } from "../contract/schema.js"
import { Lamp } from "./lamp.js"
import { refuse as refuseSetting } from "./settings.js"

/** Where the `seq` of the last reboot is kept: a reboot that is delivered twice must not become two. */
const REBOOTED = "NL_REBOOTED"
/** How long after a connect the server's word on what has expired is waited for, in ms. */
const WORD = 2000
/** How many actions wait for that word, and how many that were done are known again when they are delivered again. */
const MOST = 8
/** Between two looks for room among those that wait, in ms. */
const LOOK = 20
/** Time for a reply to leave the board before it reboots, in ms. */
const FAREWELL = 500

/** What an action may look at and touch. */
export interface Surroundings {
    readonly lamp: Lamp
    /** Sends a reply. */
    reply(text: string): void
    /** Whether another reply would push out one that was not sent yet. */
    full(): boolean
    /** The figures of a report. */
    figures(): Reply
}

/**
 * Actions: each is done once, in order, and answered, as long as it has not expired.
 *
 * An action that waited at the broker may be of yesterday, and a board has no clock. So what arrives after a connect, or
 * while the server is away, waits for `<id>/config`, in which the server says up to which `seq` it has given up; or,
 * where there is no such message, for a moment.
 */
export interface Actions {
    /** Resolves when there is room for it: until then the broker, which is told afterwards, holds back what follows. */
    add(command: ActionCommand): Promise<void>
    /** A new session: what arrives now may have waited. */
    connected(now: number): void
    /** The server's word: what it has given up, by the highest `seq`. */
    expired(seq: number): void
    /** What `<prefix>/status` says: a server that is away cannot give anything up, so that actions wait for it. */
    server(online: boolean, now: number): void
    /** Does what is to be done; to be called often, and never twice at a time. */
    work(now: number): Promise<void>
}

export async function createActions(around: Surroundings): Promise<Actions> {
    const waiting: ActionCommand[] = []
    let last: number = await readSetting(REBOOTED, 0)
    if (typeof last !== "number" || !(last >= 0)) {
        refuseSetting(REBOOTED, "it is no number of an action", "0")
        last = 0
    }
    const done = [last]
    let floor = 0
    let holdUntil = 0
    let away = false

    function refuse(seq: number, error: string) {
        around.reply(encode(REPLY, { seq, ok: false, error }))
    }

    function held(now: number): boolean {
        return away || now < holdUntil
    }

    async function add(command: ActionCommand) {
        // held, they wait for words that may come behind this one
        while (waiting.length >= MOST && !held(millis())) await sleep(LOOK)
        if (waiting.length >= MOST) refuse(command.seq, "too many actions at once")
        else waiting.push(command)
    }

    function connected(now: number) {
        holdUntil = now + WORD
    }

    function expired(seq: number) {
        floor = seq
        holdUntil = 0
    }

    function server(online: boolean, now: number) {
        if (away && online) holdUntil = now + WORD
        away = !online
    }

    async function perform(command: ActionCommand) {
        const { action, seq } = command
        // once: an exact repetition is what "at least once" brings, of several when a broker was killed
        if (done.indexOf(seq) >= 0) return
        if (seq < last) return refuse(seq, `seq ${seq} does not come after ${last}`)
        last = seq
        done.push(seq)
        if (done.length > MOST) done.shift()
        if (seq <= floor) return refuse(seq, "expired")
        if (action === "reboot") await writeSetting(REBOOTED, seq)
        const reply: Reply = action === "report" ? around.figures() : { seq, ok: true }
        reply.seq = seq
        around.reply(encode(REPLY, reply))
        if (action === "identify") await around.lamp.blink()
        if (action === "reboot") {
            await sleep(FAREWELL)
            reboot()
        }
    }

    async function work(now: number) {
        if (held(now)) return
        while (waiting.length > 0 && !around.full()) await perform(waiting.shift())
    }

    return { add, connected, expired, server, work }
}
