/** Runs the documented commands for the HTTP API. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./api.js";

runScenarios(SCENARIOS);
