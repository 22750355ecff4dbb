/** Runs the documented commands for maintainers who publish a release. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./release.js";

runScenarios(SCENARIOS);
