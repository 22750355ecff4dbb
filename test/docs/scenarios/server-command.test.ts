/** Runs the documented commands for the subcommands of `nightlight-server`. */
import { runScenarios } from "../support/scenario.js";
import { SCENARIOS } from "./server-command.js";

runScenarios(SCENARIOS);
