/**
 * Whether the broker keeps a published message as the topic's retained message [MQTT-3.3.1-5]:
 * - `retained`: yes;
 * - `renewed`: yes, and the message differs from the retained one in its `seq` only, so the embedded broker need not write
 *   it to disk;
 * - `not-retained`: no.
 */
export type PublishMode = "retained" | "renewed" | "not-retained";
