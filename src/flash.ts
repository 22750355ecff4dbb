/**
 * Reads and writes settings in flash, like `@devicescript/settings`, which would take 300 bytes more of program memory.
 * Keys have at most 13 characters, and values at most 200 bytes of JSON.
 */

import { actionReport, FlashSettings } from "@devicescript/core"

const settings = new FlashSettings()

/** Reads a setting. Returns `missing` if the setting does not exist or is not JSON. */
export async function readSetting(key: string, missing: any): Promise<any> {
    const report = await actionReport(
        settings,
        "get",
        async () => await settings.get(key),
        pkt => pkt.decode()[0] === key
    )
    const value: Buffer = report.decode()[1]
    try {
        return value && value.length > 0 ? JSON.parse(value.toString("utf-8")) : missing
    } catch (e) {
        return missing
    }
}

/** Writes a setting as JSON. */
export async function writeSetting(key: string, value: any): Promise<void> {
    await settings.set(key, Buffer.from(JSON.stringify(value)))
}
