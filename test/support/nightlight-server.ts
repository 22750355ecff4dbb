/** `nightlight-server` as its users run it: as it is built, which the tests' setup sees to. */
import { fileURLToPath } from "node:url";

/** For Node; its flags follow. */
export const NIGHTLIGHT_SERVER = fileURLToPath(new URL("../../server/bin/nightlight-server.js", import.meta.url));
