// Runs the contract on the test inputs in the VM and prints the results. The test compares them with the results in Node.
import { sleep } from "@devicescript/core"
import { payloads, steps, topics } from "./inputs.js"
import { evaluatePayload, evaluateStep, evaluateTopic } from "./evaluate.js"

// Prints a line in pieces with pauses, because a burst would overwrite earlier lines in the log's ring buffer.
async function printLine(line: string) {
    console.log(line)
    await sleep(1)
}

for (let i = 0; i < payloads.length; i++) {
    const lines = evaluatePayload(payloads[i])
    for (let k = 0; k < lines.length; k++) await printLine("payload " + i + "." + k + " " + lines[k])
}
for (let i = 0; i < topics.length; i++) await printLine("topic " + i + " " + evaluateTopic(topics[i].toString()))
for (let i = 0; i < steps.length; i += 8) await printLine("step " + i / 8 + " " + evaluateStep(steps, i))
await printLine("done")
