/** DeviceScript programs for the tests of the simulator. */

/** A program that prints each reading and switches the lamp on below 300. */
export const FOLLOW_LIGHT_PROGRAM = `
import { board } from "@dsboard/nightlight_xiao_esp32c3"
import { sleep } from "@devicescript/core"

const light = board.startLight()
const lamp = board.startLamp()
while (true) {
    const reading = Math.round((await light.reading.read()) * 1023)
    console.log("light", reading)
    await lamp.intensity.write(reading < 300 ? 1 : 0)
    await sleep(50)
}
`;

/** A program that prints the readings of a subscription to the sensor. */
export const SUBSCRIBE_PROGRAM = `
import { board } from "@dsboard/nightlight_xiao_esp32c3"

const light = board.startLight()
await light.reading.subscribe(async v => console.log("light", Math.round(v * 1023)))
`;

/** A program that prints its settings, and counts its starts in flash memory. */
export const PRINT_SETTINGS_PROGRAM = `
import { readSetting, writeSetting } from "@devicescript/settings"

for (const key of ["MQTT_HOST", "MQTT_PORT", "MQTT_TLS", "NL_ID", "WIFI_SSID", "GONE"])
    console.log(key + "=" + JSON.stringify(await readSetting(key, "missing")))
const starts = (await readSetting("starts", 0)) + 1
await writeSetting("starts", starts)
console.log("starts=" + starts)
`;

/**
 * A program that counts its starts in flash memory. Its first run ends when the light falls below 300. The setting HOW
 * chooses the cause: `throw` an exception, `reset` the board, `restart` the program, or run out of `memory`.
 */
export const CRASHING_PROGRAM = `
import { board } from "@dsboard/nightlight_xiao_esp32c3"
import { readSetting, writeSetting } from "@devicescript/settings"
import * as ds from "@devicescript/core"

const light = board.startLight()
const lamp = board.startLamp()
const how = await readSetting("HOW", "")
const starts = (await readSetting("starts", 0)) + 1
await writeSetting("starts", starts)
console.log("starts=" + starts)
await lamp.on()
while (true) {
    if (starts === 1 && (await light.reading.read()) < 0.3) {
        if (how === "throw") throw new Error("the lamp is gone")
        if (how === "reset") ds.reboot()
        if (how === "restart") ds.restart()
        if (how === "memory") {
            const hoard: Buffer[] = []
            while (true) hoard.push(Buffer.alloc(4000))
        }
    }
    await ds.sleep(50)
}
`;

/**
 * A program that connects to HOST:PORT repeatedly and sends its id. It prints the size of each received chunk of data, and
 * why each connection ended.
 */
export const TCP_CLIENT_PROGRAM = `
import { connect } from "@devicescript/net"
import { readSetting } from "@devicescript/settings"
import { sleep } from "@devicescript/core"

const host = await readSetting("HOST", "")
const port = await readSetting("PORT", 0)
const id = await readSetting("NL_ID", "?")
const pause = await readSetting("PAUSE", 0)
while (true) {
    try {
        const socket = await connect({ host, port, timeout: 2000 })
        await socket.send("hello from " + id + "\\n")
        let total = 0
        while (true) {
            const data = await socket.recv()
            if (data === null) break
            total += data.length
            console.log("got", data.length, "total", total)
            if (pause) await sleep(pause)
            await socket.send("ok\\n")
        }
        console.log("closed")
    } catch (e) {
        console.log("failed", (e as Error).message)
    }
    await sleep(200)
}
`;
