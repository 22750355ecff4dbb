export { compile, compileWithDebug } from "../../scripts/firmware.js";
