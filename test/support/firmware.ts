export { compile, compileWithDebugInfo } from "../../scripts/lib/compile-device-program.js";
