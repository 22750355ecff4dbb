/**
 * Hands the board's only socket to the update adapter of the runtime, which receives a new program over the air, and
 * takes the socket back. The adapter connects whenever it has an address, even while no program runs.
 */

import * as ds from "@devicescript/core"
import { readSetting, writeSetting } from "./flash.js"
import { closeSocket, MqttClient } from "devicescript-mqtt"
import { readText } from "./settings.js"
import { LAMP_SETTING } from "./wrap-restart.js"

/** The class of the adapter's Jacdac service. `npm run build` puts it in place of the one in `services/`. */
const ADAPTER_CLASS = 0x1462eefc

/**
 * Flash setting that counts starts since a handover: 1 from the handover on, 2 once a program has started, 0 when a
 * program has reached the broker.
 */
const STARTS_SETTING = "NL_STARTS"

/** Longest time that the adapter has the socket, in ms. The board runs its program again if none was written by then. */
export const HANDOVER_TIMEOUT = 15000

/** Position of the @ in `ws://wssk:<key>@<host>`, where the key has 64 digits. */
const AT_POSITION = 74

export interface Updater {
    /** Why the board cannot be updated; "" if it can. */
    problem: string
    /**
     * Takes the socket from the adapter; call before the first connection. If the program started before without reaching
     * the broker, because it crashed or lost power, leaves the socket to the adapter first, so that a server can replace a
     * program that always crashes.
     */
    begin(): Promise<void>
    /** Call when the program has reached the broker, which shows that the program works. */
    connected(): Promise<void>
    /**
     * Disconnects the client and gives the socket to the adapter. Takes it back, and returns, if no new program has
     * replaced this one within `HANDOVER_TIMEOUT`.
     */
    update(client: MqttClient, lampOn: boolean): Promise<void>
}

/** @param lampStored whether the setting with the lamp's state is true, and must be reset once the program works */
export async function createUpdater(lampStored: boolean): Promise<Updater> {
    const adapter = new ds.UpdateAdapter("cloud[int:0]")
    let starts = await readSetting(STARTS_SETTING, 0)
    const url = await readText("UPDATE_URL")
    const isAdapter = adapter.spec.classIdentifier === ADAPTER_CLASS

    // Writes only changes, because flash wears out.
    async function setStarts(count: number) {
        if (starts === count) return
        starts = count
        await writeSetting(STARTS_SETTING, count)
    }

    async function setAddress(address: string) {
        await adapter.setConnectionString(address)
        // The answer comes after the adapter has closed its socket, because the runtime handles commands in order.
        await readSetting(STARTS_SETTING, 0)
    }

    async function handOver() {
        await setAddress(url)
        await ds.sleep(HANDOVER_TIMEOUT)
        await setAddress("")
    }

    async function begin() {
        // Without a handover, the adapter has no address, and writing one at every start would wear out flash.
        if (!isAdapter || starts === 0) return
        closeSocket()
        if (starts > 1 && !updater.problem) {
            // A program that a server writes now has not started yet.
            await setStarts(1)
            await handOver()
        } else await setAddress("")
        if (starts === 1) await setStarts(2)
    }

    async function connected() {
        await setStarts(0)
        if (lampStored) await writeSetting(LAMP_SETTING, false)
        lampStored = false
    }

    async function update(client: MqttClient, lampOn: boolean) {
        lampStored = lampOn
        await writeSetting(LAMP_SETTING, lampOn)
        await client.stop()
        await setStarts(1)
        await handOver()
    }

    const updater: Updater = { problem: "", begin, connected, update }
    // The runtime would crash on an address without @.
    if (url[AT_POSITION] !== "@" && url[AT_POSITION + 1] !== "@") updater.problem = "UPDATE_URL is missing or wrong"
    // An image of the compiler alone has the placeholder, whose service no device has.
    if (!isAdapter) updater.problem = "not built by npm run build"
    return updater
}
