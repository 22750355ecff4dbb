/** The bare servers in JavaScript, on the same packages that ours stands on. */
import { fileURLToPath } from "node:url";
import type { Peer, Place } from "./peer.js";

function bare(name: string, title: string, place: Place): Peer {
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  return {
    name,
    title,
    places: [place],
    form: "lesson",
    missing: async () => undefined,
    program: async ({ port, qos }) => ({ command: process.execPath, args: [file, String(port), String(qos)] }),
  };
}

export const bareMqtt = bare("mqtt", "bare server on `mqtt`", "mosquitto");
export const bareAedes = bare("aedes", "bare server with `aedes`", "embedded");
export const leastOfAll = bare("least", "the least: sockets and JSON, nothing else", "embedded");
