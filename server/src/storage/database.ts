import { mkdir } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import { codeOf } from "../common/errors.js";
import type { ReportDamage } from "./damage.js";
import { inspectDatabase, type Inspection } from "./leveldb/inspect.js";
import { PRIVATE_FOLDER_MODE } from "./permissions.js";
import { finishRebuild, rebuildDatabase, throwIfLocked } from "./leveldb/rebuild.js";

/** Key prefixes in the database, with a description of their entries for damage reports. */
const ENTRY_KINDS: readonly (readonly [prefix: string, what: string])[] = [
  ["!state!mode:", "overrides of lamps"],
  ["!state!zone-mode:", "overrides of zones"],
  ["!state!actions:", "actions that wait for a board"],
  ["!state!update:", "updates of boards"],
  ["!state!rollout", "the last update of all boards"],
  ["!state!crashed-version:", "which versions have crashed on boards"],
  ["!state!discovery:", "which boards Home Assistant knows"],
  ["!state!filters:", "subscriptions at the joined broker"],
  ["!broker!session:", "MQTT sessions"],
  ["!broker!subscriptions:", "subscriptions of MQTT sessions"],
  ["!broker!outgoing:", "messages that wait for MQTT clients"],
  ["!broker!incoming:", "unfinished deliveries of QoS 2"],
  ["!broker!will:", "wills of MQTT clients"],
];

/**
 * Opens the LevelDB database in a folder. A damaged database is reported, kept under another name, and replaced by a new
 * one with all readable entries.
 */
export async function openDatabase(
  folder: string,
  reportDamage: ReportDamage,
): Promise<{ readonly db: ClassicLevel<string, string>; readonly rebuilt: boolean }> {
  await finishRebuild(folder);
  // create the folder first, because LevelDB would create it with permissions for other users
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER_MODE });
  const inspection = await inspectDatabase(folder);
  let rebuilt = inspection !== undefined && inspection.problems.length > 0;
  if (rebuilt) await rebuildAndReport(folder, "", reportDamage);
  let db = new ClassicLevel<string, string>(folder);
  try {
    await db.open();
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    await db.close().catch(() => {});
    if (rebuilt || codeOf(cause) !== "LEVEL_CORRUPTION") throw error;
    // LevelDB found damage that the checksums did not reveal
    await rebuildAndReport(folder, (cause as Error).message, reportDamage);
    rebuilt = true;
    db = new ClassicLevel<string, string>(folder);
    await db.open();
  }
  return { db, rebuilt };
}

async function rebuildAndReport(folder: string, problem: string, reportDamage: ReportDamage): Promise<void> {
  await throwIfLocked(folder);
  const inspection = (await inspectDatabase(folder, true))!;
  const aside = await rebuildDatabase(folder, inspection);
  const problems = problem ? [problem] : inspection.problems;
  reportDamage(
    `The database ${folder} is damaged: ${problems.join(", ")}. What can be read of it is in use; the damaged one was ` +
      `kept as ${aside}. ${describeLosses(inspection)}`,
  );
}

/** Describes what may be missing, by the keys in the damaged parts. Without readable keys, lists every kind of entry. */
function describeLosses({ mayHaveLost, incomplete, entries }: Inspection): string {
  if (mayHaveLost.length === 0 && !incomplete) return `All ${entries.length} entries could be read.`;
  const kinds = ENTRY_KINDS.filter(([prefix]) => mayHaveLost.some((mayHave) => mayHave(prefix))).map(
    ([, what]) => what,
  );
  return `Among what may be missing or older than it was: ${(kinds.length > 0 ? kinds : ENTRY_KINDS.map(([, what]) => what)).join(", ")}.`;
}
