/** A strict parser of Prometheus' text format, version 0.0.4. Throws on every deviation from the format. */

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** Values by name and labels, exactly as in the text. */
  readonly samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"`;
const SAMPLE = new RegExp(String.raw`^(${NAME})(\{${LABEL}(?:,${LABEL})*\})? (\S+)$`);
/** The number formats of Go's `ParseFloat` that occur in practice. */
const VALUE = /^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|inf)$|^nan$/i;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
};

/** Parses an exposition. Returns metric families by name. @throws Error that quotes the invalid line */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no newline");
  const families = new Map<string, Family>();
  let help: { name: string; text: string } | undefined;
  let family: Family | undefined;
  for (const line of text.split("\n")) {
    const wrong = (why: string): Error => new Error(`${why}: ${line}`);
    if (!line) continue;
    const [, keyword, name, rest] = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line) ?? [];
    if (keyword === "HELP") {
      if (families.has(name)) throw wrong("duplicate metric family");
      help = { name, text: rest };
    } else if (keyword === "TYPE") {
      if (help?.name !== name) throw wrong("TYPE without a preceding HELP");
      if (!(rest in SUFFIXES)) throw wrong("unknown metric type");
      family = { name, help: help.text, type: rest, samples: new Map() };
      families.set(name, family);
    } else {
      const [, sample, labels = "", value] = SAMPLE.exec(line) ?? [];
      if (sample === undefined || !VALUE.test(value)) throw wrong("invalid sample");
      if (!family || !SUFFIXES[family.type].some((suffix) => sample === family!.name + suffix))
        throw wrong("sample outside its metric family");
      if (family.samples.has(sample + labels)) throw wrong("duplicate sample");
      const number = Number(value.replace(/inf/i, "Infinity"));
      if (family.type !== "gauge" && !(number >= 0)) throw wrong("negative value of a counter");
      family.samples.set(sample + labels, number);
    }
  }
  for (const one of families.values()) if (one.type === "histogram") checkHistogram(one);
  return families;
}

/** Checks that each series has cumulative buckets up to `+Inf`, and that the last equals `_count`. */
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
    if (le !== Infinity) throw problem("the last bucket is not +Inf");
    if (samples.get(`${name}_count${labels}`) !== all) throw problem("_count differs from the bucket +Inf");
    if (!samples.has(`${name}_sum${labels}`)) throw problem("_sum is missing");
  }
}
