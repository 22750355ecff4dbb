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
  const readColor = (name: string) => style.getPropertyValue(`--plot-${name}`).trim();
  return {
    line: readColor("line"),
    fill: readColor("fill"),
    faint: readColor("faint"),
    grid: readColor("grid"),
    lamp: readColor("lamp"),
    lampTop: readColor("lamp-top"),
    lampEdge: readColor("lamp-edge"),
    threshold: readColor("threshold"),
    band: readColor("band"),
    gap: readColor("gap"),
    text: readColor("text"),
    ground: readColor("ground"),
    font: `11px ${style.fontFamily}`,
  };
}
