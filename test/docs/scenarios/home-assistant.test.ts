/** Runs the documented commands that connect Home Assistant. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./home-assistant.js";

runScenarios(SCENARIOS);
