/** Program for a test: runs two boards that connect to a port, until it is killed. Usage: `parent.ts <port>`. */
import { Simulator } from "../../sim/index.js";
import { compile } from "../support/firmware.js";
import { TCP_CLIENT_PROGRAM } from "./programs.js";

const settings = { HOST: "127.0.0.1", PORT: Number(process.argv[2]) };
const simulator = new Simulator({ bytecode: await compile(TCP_CLIENT_PROGRAM), settings });
await Promise.all(["one", "two"].map((id) => simulator.add({ id }).start()));
