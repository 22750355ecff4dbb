/**
 * Names a device in Home Assistant's discovery: in its topic, and as the root of its entities' unique ids. Made of
 * `[a-zA-Z0-9_-]`, which is all that Home Assistant takes there, and different for different ids: `/` becomes `__`,
 * and any other character that is not allowed, or means something here, becomes `_` and its code in two hexadecimal digits.
 */
export function objectIdOf(id: string): string {
  const escaped = id.replace(/[^a-zA-Z0-9-]/g, (character) =>
    character === "/" ? "__" : `_${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  // other software announces devices there as well
  return `nightlight_${escaped}`;
}

/** What Home Assistant calls a device's entities unless a person renames them. It makes them unique itself. */
export function entityNameOf(id: string): string {
  const name = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
  return name || "nightlight";
}

/** Where a device is announced, by Home Assistant's device discovery. */
export function discoveryTopic(discoveryPrefix: string, id: string): string {
  return `${discoveryPrefix}/device/${objectIdOf(id)}/config`;
}
