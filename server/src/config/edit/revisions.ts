import type { SettingDifference, SettingsAuthor } from "../../http/settings/source.js";
import type { Mapping } from "../paths.js";
import { isSecret, nameOf } from "../problems.js";
import { listDifferences } from "./edit-text.js";
import { clock } from "../../time/monotonic-clock.js";
import { isEditable } from "./setting-fields.js";
import { valueAt } from "./settings-view.js";

/** Maximum number of versions of the file that the server remembers. */
const MAX_REVISIONS = 50;

/** A version of the configuration file. */
interface Revision {
  readonly data: Mapping;
  /** Who made this version over the API; null if somebody edited the file. */
  readonly by: SettingsAuthor | null;
  /** When the server first saw this version. */
  readonly at: Date;
}

/**
 * Remembers the latest versions of the configuration file, so that the API can list what has changed since a client
 * read the settings.
 */
export class Revisions {
  readonly #byEtag = new Map<string, Revision>();

  /** Records a version, unless it is the latest one already. */
  record(etag: string, data: Mapping, by: SettingsAuthor | null): void {
    const [latest] = [...this.#byEtag.keys()].slice(-1);
    if (latest === etag) return;
    this.#byEtag.delete(etag);
    this.#byEtag.set(etag, { data, by, at: new Date(clock.toWall(clock.now())) });
    if (this.#byEtag.size > MAX_REVISIONS) this.#byEtag.delete(this.#byEtag.keys().next().value!);
  }

  get(etag: string): Revision | undefined {
    return this.#byEtag.get(etag);
  }

  /** Returns the settings in which two versions differ; null if the older version is not known. Omits secrets. */
  listDifferencesSince(older: string | undefined, data: Mapping): SettingDifference[] | null {
    const before = older === undefined ? undefined : this.#byEtag.get(older)?.data;
    if (!before) return null;
    return listDifferences(before, data).map(({ path }) => {
      const toShownValue = (values: Mapping): unknown =>
        isEditable(path) && !isSecret(path) ? (valueAt(values, path) ?? null) : null;
      return { path, name: nameOf(path), before: toShownValue(before), now: toShownValue(data) };
    });
  }
}
