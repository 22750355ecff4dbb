/**
 * What the broker does with a published message besides delivering it:
 * - `retained`: keeps it as the topic's retained message [MQTT-3.3.1-5];
 * - `again`: like `retained`, but the message differs from the retained one only in its `seq`, so that the embedded broker
 *   need not store it again;
 * - `once`: does not keep it.
 */
export type PublishMode = "retained" | "again" | "once";
