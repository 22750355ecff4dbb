import { describe } from "vitest";
import { sessionPromises } from "./session-promises.js";
import { ScriptedBroker } from "./support/scripted-broker.js";

describe("the session's guarantees with a scripted broker", () => {
  sessionPromises(async () => {
    const broker = await ScriptedBroker.start();
    return {
      port: broker.port,
      forget: () => Promise.resolve(broker.forget()),
      close: () => broker.close(),
    };
  });
});
