import { describe } from "vitest";
import { startMosquitto } from "../support/mosquitto.js";
import { isMissing, MOSQUITTO } from "../support/programs.js";
import { testSessionGuarantees } from "./session-promises.js";

describe.skipIf(isMissing(MOSQUITTO, "Mosquitto"))("the session's guarantees with Mosquitto", () => {
  testSessionGuarantees(async () => {
    // Mosquitto 2.0.11 drops QoS 2 messages that exceed its in-flight window; 0 removes the limit.
    const mosquitto = await startMosquitto({ lines: ["allow_anonymous true", "max_inflight_messages 0"] });
    return {
      port: mosquitto.port,
      async dropSessions() {
        await mosquitto.kill();
        await mosquitto.start();
      },
      close: () => mosquitto.remove(),
    };
  });
});
