// Adafruit Feather ESP32-S2, with a light sensor and a lamp.
import { board } from "@dsboard/nightlight_feather_esp32s2"
import { runNightlight } from "./nightlight.js"

await runNightlight({ name: "nightlight_feather_esp32s2", light: board.startLight(), lamp: board.startLamp() })
