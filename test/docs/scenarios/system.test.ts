/** Runs the documented commands for system services, Mosquitto and other programs. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./system.js";

runScenarios(SCENARIOS);
