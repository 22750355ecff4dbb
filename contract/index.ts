/** MQTT messages, topics and the lamp rule. Pure code without dependencies, compiled into both firmware and server. */

export * from "./json.js"
export * from "./schema.js"
export * from "./messages.js"
export * from "./apps.js"
export * from "./command.js"
export * from "./topics.js"
export * from "./rule.js"
export * from "./zone.js"
export * from "./reporting.js"
