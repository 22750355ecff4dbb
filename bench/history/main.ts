/**
 * `npm run bench:history [-- --boards 20 --days 30 --folder <folder> --keep]`: a history at full size. It is filled
 * through the database's own side, as fast as that goes; then it is asked, by way of the thread, alone and while
 * readings come in. Takes about five minutes and 300 MB.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { fill } from "./fill.js";
import { ask, flood } from "./measure.js";

const { values } = parseArgs({
  options: {
    boards: { type: "string", default: "20" },
    days: { type: "string", default: "30" },
    folder: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const boards = Number(values.boards);
const days = Number(values.days);
const folder = values.folder ?? (await mkdtemp(path.join(tmpdir(), "nightlight-history-")));
try {
  const size = async (): Promise<number> => (await stat(path.join(folder, "history.db"))).size;
  const to = Math.floor(Date.now() / 1000) * 1000;
  const loaded = fill(folder, boards, days, to);
  const bytes = await size();
  console.log(
    `${loaded.readings.toLocaleString("en")} readings of ${boards} boards and ${days} days loaded in ` +
      `${loaded.seconds.toFixed(0)} s, ${Math.round(loaded.readings / loaded.seconds).toLocaleString("en")} a second; ` +
      `${(bytes / 1e6).toFixed(0)} MB, ${(bytes / loaded.readings).toFixed(2)} bytes a reading`,
  );
  await ask(folder, boards, days, to);
  await flood(folder);
} finally {
  if (!values.keep && !values.folder) await rm(folder, { recursive: true, force: true });
}
