import { describe } from "vitest";
import { testSessionGuarantees } from "./session-promises.js";
import { ScriptedBroker } from "./support/scripted-broker.js";

describe("the session's guarantees with a scripted broker", () => {
  testSessionGuarantees(async () => {
    const broker = await ScriptedBroker.start();
    return {
      port: broker.port,
      dropSessions: () => Promise.resolve(broker.dropSessions()),
      close: () => broker.close(),
    };
  });
});
