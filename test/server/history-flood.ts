/**
 * Test program that adds 18,000 readings and 2,000 switches per second to a history until it is killed. Every 20 ms it prints
 * the number of added and written entries as JSON. Every tenth entry is a switch. Usage: `history-flood.ts <folder> <prefix>`
 */
import { setTimeout as sleep } from "node:timers/promises";
import { openSqlite } from "../../server/src/history/sqlite.js";

const [, , folder, prefix] = process.argv;
const history = await openSqlite(folder, {
  retention: { readings: undefined, switches: undefined },
  onProblem: (problem) => console.error(problem),
});
const devices = Array.from({ length: 20 }, (_, board) => ({ id: `${prefix}/${board}`, historyNumber: 0 }));
const startedAt = performance.now();
for (let added = 0, tick = 1; ; tick++) {
  for (; added < tick * 400; added++) {
    const device = devices[added % 20];
    const time = Math.floor(added / 20);
    if (added % 200 < 20) history.addSwitch(device, { time, led_on: true, by: "server", reason: `${added % 7}` });
    else history.addReading(device, { time, light: added % 1024 });
  }
  console.log(JSON.stringify({ written: history.stats.written, added }));
  // queries and deletions of old data start compactions, so that a kill can interrupt a compaction
  if (tick % 10 === 0) await history.query({ device: `${prefix}/${tick % 20}`, from: 0, to: 1e9, points: 10 });
  if (tick % 7 === 0) history.retain({ readings: undefined, switches: undefined });
  await sleep(Math.max(0, startedAt + tick * 20 - performance.now()));
}
