/** Runs the documented commands for starting the server and simulated boards. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./start.js";

runScenarios(SCENARIOS);
