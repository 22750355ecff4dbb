/** Runs the documented commands for installing the server as a package. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./installation.js";

runScenarios(SCENARIOS);
