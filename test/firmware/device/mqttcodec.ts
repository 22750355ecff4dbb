// Runs the MQTT codec on the test inputs in the VM and prints the results. The test compares them with the results in Node.
import { sleep } from "@devicescript/core"
import { filters, streams, texts } from "./inputs.js"
import { matchText, readStream, writeText } from "./mqttread.js"

// Prints a line in pieces with pauses, because a burst would overwrite earlier lines in the log's ring buffer.
async function printLine(line: string) {
    while (line.length > 100) {
        console.log(line.slice(0, 100) + "\\")
        line = line.slice(100)
        await sleep(1)
    }
    console.log(line)
    await sleep(1)
}

for (let i = 0; i < streams.length; i++) {
    await printLine(`stream ${i}.1 ` + readStream(streams[i], 1))
    await printLine(`stream ${i}.7 ` + readStream(streams[i], 7))
    await printLine(`stream ${i}.1000 ` + readStream(streams[i], 1000))
}
for (let i = 0; i < texts.length; i++) await printLine(`text ${i} ` + writeText(texts[i].toString("utf-8"), i + 1))
for (let i = 0; i < filters.length; i += 2)
    await printLine(`match ${i} ` + matchText(filters[i].toString("utf-8"), filters[i + 1].toString("utf-8")))
await printLine("done")
