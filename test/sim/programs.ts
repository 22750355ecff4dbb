/** Device programs that the simulator's tests run. */

/** The lamp is on below 300; prints what it reads. */
export const FOLLOW = `
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

/** Prints what a subscription to the sensor tells. */
export const SUBSCRIBE = `
import { board } from "@dsboard/nightlight_xiao_esp32c3"

const light = board.startLight()
await light.reading.subscribe(async v => console.log("light", Math.round(v * 1023)))
`;

/** Prints its settings, then counts its starts in flash. */
export const SETTINGS = `
import { readSetting, writeSetting } from "@devicescript/settings"

for (const key of ["MQTT_HOST", "MQTT_PORT", "MQTT_TLS", "NL_ID", "WIFI_SSID", "GONE"])
    console.log(key + "=" + JSON.stringify(await readSetting(key, "missing")))
const starts = (await readSetting("starts", 0)) + 1
await writeSetting("starts", starts)
console.log("starts=" + starts)
`;

/**
 * Counts its starts in flash; below 300 it ends in the way that its setting HOW names, once.
 */
export const FRAGILE = `
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

/** Connects to HOST:PORT again and again, sends its id, prints the sizes of what comes and the way it ends. */
export const TALK = `
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
