// Seeed Studio XIAO ESP32C3 with a Grove light sensor and a Grove LED: the default board.
import { board } from "@dsboard/nightlight_xiao_esp32c3"
import { runNightlight } from "./nightlight.js"

await runNightlight({ name: "nightlight_xiao_esp32c3", light: board.startLight(), lamp: board.startLamp() })
