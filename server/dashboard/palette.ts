/** Colors of the plots, read from the style sheet, because they depend on the color scheme. */

export interface Palette {
  line: string;
  fill: string;
  faint: string;
  grid: string;
  lamp: string;
  lampTop: string;
  lampEdge: string;
  threshold: string;
  band: string;
  gap: string;
  text: string;
  ground: string;
  font: string;
}

/** Returns the colors of the current color scheme. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string) => style.getPropertyValue(`--plot-${name}`).trim();
  return {
    line: get("line"),
    fill: get("fill"),
    faint: get("faint"),
    grid: get("grid"),
    lamp: get("lamp"),
    lampTop: get("lamp-top"),
    lampEdge: get("lamp-edge"),
    threshold: get("threshold"),
    band: get("band"),
    gap: get("gap"),
    text: get("text"),
    ground: get("ground"),
    font: `11px ${style.fontFamily}`,
  };
}
