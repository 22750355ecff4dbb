/** Runs the documented commands for building and testing a checkout, and for adding a board. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./development.js";

runScenarios(SCENARIOS);
