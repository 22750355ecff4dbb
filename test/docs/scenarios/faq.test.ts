/** Runs the documented commands of the frequently asked questions. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./faq.js";

runScenarios(SCENARIOS);
