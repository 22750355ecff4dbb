/** Starts and changes rollouts, and waits for them. */
import type { NightlightServer } from "nightlight-server";
import type { RolloutView } from "../../../server/src/updates/rollout-view.js";
import { eventually } from "../../support/eventually.js";
import { ask, sendJson } from "../support/api.js";

export const startRollout = (server: NightlightServer) =>
  sendJson("POST", server.httpUrl!, "/api/updates/rollout", "{}");

export const changeRollout = (server: NightlightServer, action: string) =>
  sendJson("PUT", server.httpUrl!, "/api/updates/rollout", JSON.stringify({ action }));

/** Waits until the rollout has these fields. */
export async function waitForRollout(server: NightlightServer, fields: Partial<RolloutView>): Promise<RolloutView> {
  let rollout: RolloutView | undefined;
  const isThere = async () => {
    rollout = ((await ask(server.httpUrl!, "/api/updates")).body as { rollout: RolloutView }).rollout;
    return Object.entries(fields).every(([name, value]) => rollout![name as keyof RolloutView] === value);
  };
  await eventually(isThere, { what: JSON.stringify(fields) }).catch((error: unknown) => {
    throw new Error(`the rollout is ${JSON.stringify(rollout)}`, { cause: error });
  });
  return rollout!;
}

/** Waits until the update of a board has a state. */
export const waitForState = (server: NightlightServer, id: string, state: string) =>
  eventually(() => server.devices.get(id)?.update?.state === state, { what: `${id} ${state}` });
