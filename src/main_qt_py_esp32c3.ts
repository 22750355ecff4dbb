// Adafruit QT Py ESP32-C3, with a light sensor and a lamp.
import { board } from "@dsboard/nightlight_qt_py_esp32c3"
import { runNightlight } from "./nightlight.js"

await runNightlight({ name: "nightlight_qt_py_esp32c3", light: board.startLight(), lamp: board.startLamp() })
