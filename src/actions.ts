import { millis, reboot, sleep } from "@devicescript/core"
import { writeSetting } from "./flash.js"
import { ActionCommand, REPLY, Reply } from "../contract/messages.js"
import { encode, MAX_INTEGER } from "../contract/schema.js"
import { Lamp } from "./lamp.js"
import { readNumber } from "./settings.js"

/** Flash setting with the `seq` of the last reboot or update, so that a duplicate of the action causes no second one. */
const LAST_REBOOT_SETTING = "NL_REBOOTED"
/** Longest wait after a connect for the server's list of expired actions, in ms. */
const EXPIRY_TIMEOUT = 2000
/** Largest number of pending actions, and of performed actions that the board remembers to detect duplicates. */
const MAX_ACTIONS = 8
/** Time between two checks for space in the action queue, in ms. */
const POLL_INTERVAL = 20
/** Delay of a reboot, in ms, so that the reply is sent first. */
const REBOOT_DELAY = 500

/** The parts of the firmware that actions use. */
export interface ActionContext {
    readonly lamp: Lamp
    /** Queues a reply for the MQTT session. A full queue drops its oldest reply. */
    reply(text: string): void
    /** Returns whether the reply queue is full, so that another reply would displace an unsent one. */
    isReplyQueueFull(): boolean
    /** Returns the content of a `report` reply. */
    diagnostics(seq: number): Reply
    /** Starts an update over the air. Returns why the board cannot be updated, or "". */
    startUpdate(): string
}

/**
 * Queue that performs actions such as `reboot`, each once and in order, and sends a reply to each.
 *
 * An action may have waited at the broker since yesterday, but a board without a clock cannot detect the age of an action.
 * After a connect, or while the server is offline, actions therefore wait for a `<id>/config` message: its `expired` field
 * says which actions have expired. If no such message arrives, the board performs all actions after `EXPIRY_TIMEOUT`.
 */
export interface Actions {
    /** Adds an action. Waits while the queue is full, which delays the acknowledgment and so holds back the broker. */
    add(command: ActionCommand): Promise<void>
    /**
     * Call after each connect. Delays actions, which may be old, until `setExpired`, but at most for `EXPIRY_TIMEOUT`.
     */
    connected(now: number): void
    /** Sets the highest `seq` of the actions that have expired, and ends the delay after a connect. */
    setExpired(seq: number): void
    /**
     * Sets whether the server is online. Actions wait while it is offline, because only a server knows which expired.
     */
    setServerOnline(online: boolean, now: number): void
    /**
     * Performs pending actions, and returns whether none is left. The main loop must call this repeatedly, but never
     * concurrently.
     */
    performPending(now: number): Promise<boolean>
}

export async function createActions(context: ActionContext): Promise<Actions> {
    const pending: ActionCommand[] = []
    let lastSeq = await readNumber(LAST_REBOOT_SETTING, 0, 0, MAX_INTEGER)
    const performed = [lastSeq]
    let expiredUpTo = 0
    let holdUntil = 0
    let serverOffline = false

    function replyError(seq: number, error: string) {
        context.reply(encode(REPLY, { seq, ok: false, error }))
    }

    function isWaitingForServer(now: number): boolean {
        return serverOffline || now < holdUntil
    }

    async function add(command: ActionCommand) {
        // Don't wait while actions are delayed: the message that ends the delay may be queued behind this action.
        while (pending.length >= MAX_ACTIONS && !isWaitingForServer(millis())) await sleep(POLL_INTERVAL)
        if (pending.length >= MAX_ACTIONS) replyError(command.seq, "too many actions at once")
        else pending.push(command)
    }

    function connected(now: number) {
        holdUntil = now + EXPIRY_TIMEOUT
    }

    function setExpired(seq: number) {
        expiredUpTo = seq
        holdUntil = 0
    }

    function setServerOnline(online: boolean, now: number) {
        if (serverOffline && online) holdUntil = now + EXPIRY_TIMEOUT
        serverOffline = !online
    }

    async function perform(command: ActionCommand) {
        const { action, seq } = command
        // Ignore a performed action. MQTT may deliver an action twice, and after a broker crash several may arrive
        // again.
        if (performed.indexOf(seq) >= 0) return
        if (seq < lastSeq) return replyError(seq, `seq ${seq} does not come after ${lastSeq}`)
        lastSeq = seq
        performed.push(seq)
        if (performed.length > MAX_ACTIONS) performed.shift()
        if (seq <= expiredUpTo) return replyError(seq, "expired")
        const problem = action === "update" ? context.startUpdate() : ""
        if (problem) return replyError(seq, problem)
        if (action === "reboot" || action === "update") await writeSetting(LAST_REBOOT_SETTING, seq)
        const reply: Reply = action === "report" ? context.diagnostics(seq) : { seq, ok: true }
        context.reply(encode(REPLY, reply))
        if (action === "identify") await context.lamp.blink()
        if (action === "reboot") {
            await sleep(REBOOT_DELAY)
            reboot()
        }
    }

    async function performPending(now: number) {
        while (!isWaitingForServer(now) && pending.length > 0 && !context.isReplyQueueFull())
            await perform(pending.shift())
        return pending.length === 0
    }

    return { add, connected, setExpired, setServerOnline, performPending }
}
