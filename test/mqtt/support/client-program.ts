/** Compiles the test programs that run the MQTT client on a simulated board. */
import { readdirSync, readFileSync } from "node:fs";
import { compile } from "../../support/firmware.js";

const ROOT = new URL("../../../", import.meta.url);
/** Folder of the client's source files. */
const CLIENT_FOLDER = "packages/devicescript-mqtt/src";
const readSource = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/**
 * Compiles `test/firmware/device/<name>.ts` together with the client. Returns the bytecode.
 * @param inputs source text of the module `inputs.ts`, which the program may import
 */
export function compileClientProgram(name: string, inputs = ""): Promise<Uint8Array> {
  const sources = readdirSync(new URL(CLIENT_FOLDER, ROOT)).map((file) => `${CLIENT_FOLDER}/${file}`);
  const device = [`test/firmware/device/${name}.ts`, "test/firmware/device/mqttread.ts"];
  return compile({
    ...Object.fromEntries([...sources, ...device].map((path) => [path, readSource(path)])),
    "test/firmware/device/inputs.ts": inputs,
    "src/main.ts": `import "../test/firmware/device/${name}.js"\n`,
  });
}
