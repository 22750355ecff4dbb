// Espressif ESP32-DevKitC with an analog light sensor and an LED.
import { board } from "@dsboard/nightlight_esp32_devkitc"
import { runNightlight } from "./nightlight.js"

await runNightlight({ name: "nightlight_esp32_devkitc", light: board.startLight(), lamp: board.startLamp() })
