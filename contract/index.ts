/** What crosses the wire, and what is decided. Pure: no I/O, no dependency; compiled into the firmware and the server. */

export * from "./json.js"
export * from "./schema.js"
export * from "./messages.js"
export * from "./apps.js"
export * from "./command.js"
export * from "./topics.js"
export * from "./rule.js"
export * from "./zone.js"
export * from "./reporting.js"
