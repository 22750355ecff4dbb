/** Draws QR codes. */

import { generate } from "lean-qr";

/** Width of the border around a QR code, in modules (ISO/IEC 18004 requires four). */
const QUIET_ZONE = 4;
const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** Creates an image of a QR code with a label. @throws Error if the text is too long */
export function createQrCode(text: string, label: string): SVGSVGElement {
  const code = generate(text);
  const size = code.size + 2 * QUIET_ZONE;
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("class", "qr");
  svg.setAttribute("shape-rendering", "crispEdges");
  const modules = document.createElementNS(SVG_NAMESPACE, "path");
  let path = "";
  for (let y = 0; y < code.size; y++)
    for (let x = 0; x < code.size; x++) if (code.get(x, y)) path += `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z`;
  modules.setAttribute("d", path);
  svg.append(modules);
  return svg;
}
