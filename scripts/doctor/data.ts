/** Checks where the server keeps its data. */
import { describeFormerDataFolder, explainFormerDataFolder } from "../../server/src/config/former-data-folder.js";
import { noteFinding, okFinding, type Check } from "./finding.js";

/** Reports the server's data folder, and the data folder of an earlier version that the server does not use. */
export const checkDataFolder: Check = async (system) => {
  const about = "data folder";
  const { folder, former } = await system.findDataFolder();
  if (former === undefined) return [okFinding(about, folder)];
  const advice = explainFormerDataFolder(former, folder, "npm start --", system.platform);
  return [noteFinding(about, describeFormerDataFolder(former, folder), advice)];
};
