// Espressif ESP32-S3-DevKitM-1, with a light sensor and a lamp.
import { board } from "@dsboard/nightlight_esp32s3_devkitm"
import { runNightlight } from "./nightlight.js"

await runNightlight({ name: "nightlight_esp32s3_devkitm", light: board.startLight(), lamp: board.startLamp() })
