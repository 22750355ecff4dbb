/**
 * Converts a device id to the object id in discovery topics and in the unique ids of entities. Home Assistant allows only
 * `[a-zA-Z0-9_-]` in object ids. `/` becomes `__`. Any other character except letters, digits and `-` becomes `_` and its
 * code in two hexadecimal digits. Different device ids have different object ids.
 */
export function objectIdOf(id: string): string {
  const escaped = id.replace(/[^a-zA-Z0-9-]/g, (character) =>
    character === "/" ? "__" : `_${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  // the prefix keeps the id apart from devices that other software announces
  return `nightlight_${escaped}`;
}

/** Returns the default entity name of a device. Home Assistant adds a number if the name is already in use. */
export function entityNameOf(id: string): string {
  const name = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
  return name || "nightlight";
}

/** Returns the topic of the discovery message that announces a device to Home Assistant. */
export function discoveryTopicOf(discoveryPrefix: string, id: string): string {
  return `${discoveryPrefix}/device/${objectIdOf(id)}/config`;
}
