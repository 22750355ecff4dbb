/** SVG in small pieces, and the colours of the drawings, by day and by night. */

/** What a wire is for. */
export type Wire = "power" | "ground" | "light" | "lamp";

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly string[] = [],
): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(String(value))}"`);
  if (children.length === 0) return `<${name}${given.join("")}/>`;
  const inner = name === "svg" || name === "g" ? `\n${children.join("\n")}\n` : children.map(plain(name)).join("");
  return `<${name}${given.join("")}>${inner}</${name}>`;
}

export function text(content: string, attributes: Readonly<Record<string, string | number>>): string {
  return element("text", attributes, [content]);
}

const TEXTS = ["text", "title", "desc"];
const plain = (name: string) => (child: string) => (TEXTS.includes(name) ? escape(child) : child);

function escape(raw: string): string {
  return raw.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The drawing brings its own ground, so that it can be read whatever page it is on. */
export const STYLE = `
text { font: 13px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: #1f2937; }
.title { font-size: 18px; font-weight: 600; }
.faint, .small { font-size: 12px; }
.faint { fill: #57606a; }
.card { fill: #ffffff; stroke: #d0d7de; }
.board { fill: #1d5c4d; stroke: #123c32; stroke-width: 1.5; }
.chip { fill: #0f2f28; stroke: #8fb8ad; }
.usb { fill: #b6bdc7; stroke: #6b7280; }
.pad { fill: #d8c27a; stroke: #123c32; stroke-width: 1.5; }
.on { fill: #dbe9e5; }
.used { fill: #ffffff; font-weight: 700; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.module { fill: #f3f5f7; stroke: #8c959f; }
.socket { fill: #ffffff; stroke: #8c959f; }
.terminal { fill: #ffffff; stroke: #57606a; stroke-width: 1.5; }
.part { fill: none; stroke: #57606a; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.solid { fill: #57606a; }
.wire { fill: none; stroke-width: 3; stroke-linejoin: round; }
.halo { fill: none; stroke: #ffffff; stroke-width: 8; stroke-linejoin: round; }
.power { stroke: #cf222e; } .power-fill { fill: #cf222e; } .power-text { fill: #b01d28; font-weight: 600; }
.ground { stroke: #24292f; } .ground-fill { fill: #24292f; } .ground-text { fill: #24292f; font-weight: 600; }
.light { stroke: #bf8700; } .light-fill { fill: #e0a30b; } .light-text { fill: #7d5600; font-weight: 600; }
.lamp { stroke: #0969da; } .lamp-fill { fill: #218bff; } .lamp-text { fill: #0550ae; font-weight: 600; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.faint { fill: #9aa4af; }
.card { fill: #0d1117; stroke: #3d444d; }
.board { fill: #17463b; stroke: #3c7d6d; }
.chip { fill: #0c2620; }
.on { fill: #c9ddd7; }
.used { fill: #ffffff; }
.module { fill: #1c2128; stroke: #6e7681; }
.socket, .terminal { fill: #0d1117; stroke: #9aa4af; }
.part { stroke: #b1bac4; } .solid { fill: #b1bac4; }
.halo { stroke: #0d1117; }
.power { stroke: #ff6a69; } .power-text { fill: #ff8e8d; }
.ground { stroke: #b1bac4; } .ground-fill { fill: #b1bac4; } .ground-text { fill: #d1d7e0; }
.light { stroke: #e3b341; } .light-text { fill: #e3b341; }
.lamp { stroke: #58a6ff; } .lamp-text { fill: #79c0ff; }
}
`;
