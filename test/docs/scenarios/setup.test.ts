/** Runs the documented commands for setting up and flashing a board. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./setup.js";

runScenarios(SCENARIOS);
