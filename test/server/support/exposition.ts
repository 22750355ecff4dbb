/** A strict reader of Prometheus' text format, version 0.0.4: what is not as the format has it throws. */

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** By name and labels as they are written. */
  readonly samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"`;
const SAMPLE = new RegExp(String.raw`^(${NAME})(\{${LABEL}(?:,${LABEL})*\})? (\S+)$`);
/** What Go's `ParseFloat` takes, as far as anybody writes it. */
const VALUE = /^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|inf)$|^nan$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
};

/** Reads a whole exposition: families by name. @throws Error with the line that is wrong */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  let help: { name: string; text: string } | undefined;
  let family: Family | undefined;
  for (const line of text.split("\n")) {
    const wrong = (why: string): Error => new Error(`${why}: ${line}`);
    if (!line) continue;
    const [, keyword, name, rest] = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line) ?? [];
    if (keyword === "HELP") {
      if (families.has(name)) throw wrong("a family twice");
      help = { name, text: rest };
    } else if (keyword === "TYPE") {
      if (help?.name !== name) throw wrong("a type without its help");
      if (!(rest in SUFFIXES)) throw wrong("no such type");
      family = { name, help: help.text, type: rest, samples: new Map() };
      families.set(name, family);
    } else {
      const [, sample, labels = "", value] = SAMPLE.exec(line) ?? [];
      if (sample === undefined || !VALUE.test(value)) throw wrong("not a sample");
      if (!family || !SUFFIXES[family.type].some((suffix) => sample === family!.name + suffix))
        throw wrong("a sample outside its family");
      if (family.samples.has(sample + labels)) throw wrong("a sample twice");
      const number = Number(value.replace(/inf/i, "Infinity"));
      if (family.type !== "gauge" && !(number >= 0)) throw wrong("it can only grow");
      family.samples.set(sample + labels, number);
    }
  }
  for (const one of families.values()) if (one.type === "histogram") checkHistogram(one);
  return families;
}

/** Buckets count those below as well, end with +Inf, and that has all: for each set of other labels. */
function checkHistogram({ name, samples }: Family): void {
  const series = new Map<string, [le: number, count: number][]>();
  for (const [key, count] of samples) {
    const [, le] = /[{,]le="([^"]+)"/.exec(key) ?? [];
    if (le === undefined) continue;
    const others = key
      .slice(key.indexOf("{") + 1, -1)
      .split(",")
      .filter((label) => !label.startsWith("le="));
    const labels = others.length > 0 ? `{${others.join(",")}}` : "";
    series.set(labels, [...(series.get(labels) ?? []), [le === "+Inf" ? Infinity : Number(le), count]]);
  }
  for (const [labels, buckets] of series) {
    const problem = (why: string): Error => new Error(`${name}${labels}: ${why}`);
    buckets.forEach(([le, count], index) => {
      const [before, fewer] = buckets[index - 1] ?? [-Infinity, 0];
      if (!(le > before && count >= fewer)) throw problem(`bucket ${le} is out of order`);
    });
    const [le, all] = buckets.at(-1)!;
    if (le !== Infinity) throw problem("there is no bucket +Inf");
    if (samples.get(`${name}_count${labels}`) !== all) throw problem("_count is another");
    if (!samples.has(`${name}_sum${labels}`)) throw problem("there is no _sum");
  }
}
