/** Runs two boards until it is killed: `parent.ts <port>`. */
import { Simulator } from "../../sim/index.js";
import { compile } from "../support/firmware.js";
import { TALK } from "./programs.js";

const settings = { HOST: "127.0.0.1", PORT: Number(process.argv[2]) };
const simulator = new Simulator({ bytecode: await compile(TALK), settings });
await Promise.all(["one", "two"].map((id) => simulator.add({ id }).start()));
