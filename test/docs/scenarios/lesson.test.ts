/** Runs the documented commands of the pages for learners of the lesson. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./lesson.js";

runScenarios(SCENARIOS);
