/** Tests how the page turns changes of settings into a JSON Merge Patch. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMergePatch, type SettingEdit } from "../../server/dashboard/settings/merge-patch.js";
import { applyChange } from "../../server/src/config/edit/changed-data.js";
import { isMapping } from "../../server/src/config/paths.js";

type SettingsData = Record<string, unknown>;

function valueAt(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isMapping(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    data,
  );
}

/** Returns the data after the page has saved edits. */
function saveEdits(data: SettingsData, edits: readonly SettingEdit[]): SettingsData {
  const patch = createMergePatch(edits, (path) => valueAt(data, path));
  return applyChange(data, { kind: "merge", values: JSON.parse(JSON.stringify(patch)) as SettingsData });
}

const HOURS = { from: "17:00", to: "08:00", time_zone: "Europe/Berlin", outside: "on" };

describe("a patch of the page", () => {
  test("removes the parts of the hours that the user has emptied", () => {
    const zones = { hall: { sensors: ["nightlight/a"], lamps: [], hours: HOURS } };
    const saved = saveEdits({ zones }, [{ path: ["zones", "hall", "hours"], value: { from: "18:00", to: "08:00" } }]);
    expect(saved).toEqual({ zones: { hall: { ...zones.hall, hours: { from: "18:00", to: "08:00" } } } });
  });

  test("changes a zone whose name is that of a part of every JavaScript object", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf"])
      expect(saveEdits({}, [{ path: ["zones", name, "threshold"], value: 150 }])).toEqual({
        zones: { [name]: { threshold: 150 } },
      });
  });

  test("turns a part of the server off although another setting of it has changed too", () => {
    const edits = [
      { path: ["history"], value: false },
      { path: ["history", "readings"], value: "5 d" },
    ];
    expect(saveEdits({ history: { readings: "7 d" } }, edits)).toEqual({ history: false });
  });

  test("turns a part of the server on, with a setting", () => {
    const edits = [
      { path: ["history"], value: null },
      { path: ["history", "readings"], value: "5 d" },
    ];
    expect(saveEdits({ history: false }, edits)).toEqual({ history: { readings: "5 d" } });
  });

  test("gives each setting exactly its new value, for any data", () => {
    const key = fc.constantFrom("a", "b", "constructor", "toString");
    const value = fc.oneof(fc.integer(), fc.constant("x"), fc.array(fc.integer(), { maxLength: 2 }));
    const mapping = fc.dictionary(key, value, { minKeys: 1 });
    const data = fc.dictionary(key, fc.dictionary(key, fc.oneof(value, mapping), { minKeys: 1 }));
    const edit = fc.record({ path: fc.tuple(key, key), value: fc.oneof(value, mapping, fc.constant(null)) });
    fc.assert(
      fc.property(
        data,
        fc.uniqueArray(edit, { selector: ({ path }) => path.join(), maxLength: 4 }),
        (before, edits) => {
          const saved = saveEdits(before, edits);
          for (const { path, value: wanted } of edits) expect(valueAt(saved, path)).toEqual(wanted ?? undefined);
        },
      ),
    );
  });
});
