import { createParameter, type Paths } from "../openapi-operations.js";

const bytesAnswer = (description: string) => ({
  description,
  type: "application/octet-stream",
  schema: { type: "string" as const, contentMediaType: "application/octet-stream" },
});

/** What the dashboard writes to a board that it flashes. */
export const FLASHING_PATHS: Paths = {
  "/api/flashing/runtimes/{chip}": {
    get: {
      operationId: "getRuntime",
      summary: "Get DeviceScript's runtime for a chip",
      description:
        "The server downloads the runtime once, verifies its checksum, and keeps a copy in its data folder. Only an administrator may do this.",
      tag: "flashing",
      parameters: [createParameter("path", "chip", { type: "string", examples: ["esp32c3"] }, "The type of the chip.")],
      answers: { 200: bytesAnswer("The runtime.") },
      errors: { 404: "There is no runtime for this chip.", 502: "The runtime could not be downloaded or verified." },
    },
  },
  "/api/flashing/programs/{board}": {
    get: {
      operationId: "getProgram",
      summary: "Get the newest program for a type of board",
      description: "Only an administrator may do this.",
      tag: "flashing",
      parameters: [
        createParameter(
          "path",
          "board",
          { type: "string", examples: ["nightlight_xiao_esp32c3"] },
          "The type of board, as boards report it in their status.",
        ),
      ],
      answers: { 200: bytesAnswer("The compiled program.") },
      errors: { 404: "The server has no program for this type of board." },
    },
  },
};
