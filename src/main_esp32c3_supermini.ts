// ESP32-C3 SuperMini, with a light sensor and a lamp.
import { board } from "@dsboard/nightlight_esp32c3_supermini"
import { runNightlight } from "./nightlight.js"

await runNightlight({ name: "nightlight_esp32c3_supermini", light: board.startLight(), lamp: board.startLamp() })
