/** Tests the documentation's Prometheus rules and Grafana dashboard. The tests need no running Prometheus. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ALERT_KINDS } from "../../server/src/alerts/alert.js";
import { ask } from "../server/support/api.js";
import { parseExposition } from "../server/support/exposition.js";
import { UNLIMITED_HISTORY, startTestServer, createTemporaryFolder } from "../server/support/server.js";
import { isMissing, PROMTOOL } from "../support/programs.js";
import { ROOT } from "./support/pages.js";

const RULES_FILE = path.join(ROOT, "docs/prometheus/nightlight.rules.yml");
const RULE_TESTS_FILE = path.join(ROOT, "test/docs/support/nightlight.rules.test.yml");
const DASHBOARD_FILE = path.join(ROOT, "docs/grafana/nightlight.json");
/** Pages of the documentation that name metrics. */
const METRIC_PAGES = ["docs/how-to/operations.md", "docs/how-to/alerts.md"].map((page) => path.join(ROOT, page));

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource: object;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly datasource: object }[];
}

interface Dashboard {
  readonly __inputs: readonly { readonly name: string; readonly type: string; readonly pluginId: string }[];
  readonly __requires: readonly { readonly type: string; readonly id: string }[];
  readonly id: null;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition: string }[] };
}

const readDashboard = async (): Promise<Dashboard> => JSON.parse(await readFile(DASHBOARD_FILE, "utf8")) as Dashboard;

/** Runs promtool. @throws Error with its output if it fails */
async function runPromtool(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(PROMTOOL!, args, { cwd: path.dirname(RULE_TESTS_FILE) });
  return stdout;
}

describe.skipIf(isMissing(PROMTOOL, "promtool (Debian's package prometheus)"))("promtool", () => {
  test("accepts the rules, and their unit tests pass", async () => {
    expect(await runPromtool("check", "rules", RULES_FILE)).toMatch(/SUCCESS: \d+ rules found/);
    expect(await runPromtool("test", "rules", RULE_TESTS_FILE)).toContain("SUCCESS");
  });

  test("accepts every query of the dashboard", async () => {
    const { panels } = await readDashboard();
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const rules = queries.map((expr, n) => ({
      record: `query:${n}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$(job|instance)/g, "x"),
    }));
    const file = path.join(await createTemporaryFolder(), "queries.json");
    await writeFile(file, JSON.stringify({ groups: [{ name: "queries", rules }] }));
    expect(await runPromtool("check", "rules", file)).toContain(`SUCCESS: ${queries.length} rules found`);
  });
});

test("the server exports every metric that the rules, the dashboard and the pages name", async () => {
  const { httpUrl } = await startTestServer({ history: UNLIMITED_HISTORY });
  const exported = new Set(parseExposition((await ask(httpUrl!, "/metrics")).body as string).keys());
  const texts = await Promise.all(
    [RULES_FILE, RULE_TESTS_FILE, DASHBOARD_FILE, ...METRIC_PAGES].map((file) => readFile(file, "utf8")),
  );
  for (const text of texts) {
    const named = [...text.matchAll(/\b(?:nightlight|process|nodejs)_[a-z0-9_]+[a-z0-9]\b/g)].map(([name]) => name);
    // leaves out names of files, accounts and entities, which begin like the names of metrics
    const metrics = named.filter((name) => !/^nightlight_(kitchen|token)/.test(name));
    expect(metrics.length).toBeGreaterThan(1);
    expect(metrics.filter((name) => !exported.has(name.replace(/_(bucket|sum|count)$/, "")))).toEqual([]);
    const kinds = [...text.matchAll(/kind="([\w-]+)"/g)].map(([, kind]) => kind);
    expect(kinds.filter((kind) => !(ALERT_KINDS as readonly string[]).includes(kind))).toEqual([]);
  }
});

test("the dashboard asks for its data source when it is imported, and its panels do not overlap", async () => {
  const { __inputs: inputs, __requires: requires, id, panels, templating } = await readDashboard();
  expect(id).toBeNull();
  expect(inputs).toMatchObject([{ name: "DS_PROMETHEUS", type: "datasource", pluginId: "prometheus" }]);
  const required = requires.map((one) => `${one.type} ${one.id}`);
  const source = { type: "prometheus", uid: "${DS_PROMETHEUS}" };
  const cells = new Set<string>();
  for (const { title, type, datasource, gridPos, targets } of panels) {
    expect(required, title).toContain(`panel ${type}`);
    for (const one of [datasource, ...targets.map((target) => target.datasource)]) expect(one, title).toEqual(source);
    const { x, y, w, h } = gridPos;
    expect(x + w, title).toBeLessThanOrEqual(24);
    for (let column = x; column < x + w; column++)
      for (let row = y; row < y + h; row++) {
        expect(cells.has(`${column} ${row}`), `${title} overlaps another panel`).toBe(false);
        cells.add(`${column} ${row}`);
      }
  }
  expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
  const used = new Set(
    panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/\$(?!__)\w+/g) ?? [])),
  );
  expect([...used].sort()).toEqual(templating.list.map(({ name }) => `$${name}`).sort());
});
