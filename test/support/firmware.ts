export { compile, compileWithDebug } from "../../scripts/lib/compile-device-program.js";
