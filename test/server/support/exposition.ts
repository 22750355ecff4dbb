/** A strict parser of Prometheus' text format, version 0.0.4. Throws on every deviation from the format. */

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** Values by name and labels, exactly as in the text. */
  readonly samples: Map<string, number>;
}

const NAME_PATTERN = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL_PATTERN = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"`;
const SAMPLE_PATTERN = new RegExp(String.raw`^(${NAME_PATTERN})(\{${LABEL_PATTERN}(?:,${LABEL_PATTERN})*\})? (\S+)$`);
/** The number formats of Go's `ParseFloat` that occur in practice. */
const VALUE_PATTERN = /^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|inf)$|^nan$/i;
const SAMPLE_SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
};

/** Parses an exposition. Returns metric families by name. @throws Error that quotes the invalid line */
export function parseExposition(text: string): Map<string, MetricFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no newline");
  const families = new Map<string, MetricFamily>();
  let help: { name: string; text: string } | undefined;
  let family: MetricFamily | undefined;
  for (const line of text.split("\n")) {
    const createLineError = (why: string): Error => new Error(`${why}: ${line}`);
    if (!line) continue;
    const [, keyword, name, rest] = new RegExp(`^# (HELP|TYPE) (${NAME_PATTERN}) (.+)$`).exec(line) ?? [];
    if (keyword === "HELP") {
      if (families.has(name)) throw createLineError("duplicate metric family");
      help = { name, text: rest };
    } else if (keyword === "TYPE") {
      if (help?.name !== name) throw createLineError("TYPE without a preceding HELP");
      if (!(rest in SAMPLE_SUFFIXES)) throw createLineError("unknown metric type");
      family = { name, help: help.text, type: rest, samples: new Map() };
      families.set(name, family);
    } else {
      const [, sample, labels = "", value] = SAMPLE_PATTERN.exec(line) ?? [];
      if (sample === undefined || !VALUE_PATTERN.test(value)) throw createLineError("invalid sample");
      if (!family || !SAMPLE_SUFFIXES[family.type].some((suffix) => sample === family!.name + suffix))
        throw createLineError("sample outside its metric family");
      if (family.samples.has(sample + labels)) throw createLineError("duplicate sample");
      const number = Number(value.replace(/inf/i, "Infinity"));
      if (family.type !== "gauge" && !(number >= 0)) throw createLineError("negative value of a counter");
      family.samples.set(sample + labels, number);
    }
  }
  for (const one of families.values()) if (one.type === "histogram") checkHistogram(one);
  return families;
}

/** Checks that each series has cumulative buckets up to `+Inf`, and that the last equals `_count`. */
function checkHistogram({ name, samples }: MetricFamily): void {
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
    const createSeriesError = (why: string): Error => new Error(`${name}${labels}: ${why}`);
    buckets.forEach(([le, count], index) => {
      const [before, fewer] = buckets[index - 1] ?? [-Infinity, 0];
      if (!(le > before && count >= fewer)) throw createSeriesError(`bucket ${le} is out of order`);
    });
    const [le, all] = buckets.at(-1)!;
    if (le !== Infinity) throw createSeriesError("the last bucket is not +Inf");
    if (samples.get(`${name}_count${labels}`) !== all) throw createSeriesError("_count differs from the bucket +Inf");
    if (!samples.has(`${name}_sum${labels}`)) throw createSeriesError("_sum is missing");
  }
}
