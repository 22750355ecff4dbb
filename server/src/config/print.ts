import { Document, isCollection, isScalar } from "yaml";
import { z } from "zod";
import type { LoadedConfiguration } from "./load.js";
import { resolved } from "./paths.js";
import type { Path } from "./problems.js";
import { MASK, redactUrl } from "../security/redact.js";
import { CONFIGURATION } from "./schema.js";

/** All settings as a file anywhere would say them, secrets included. */
export function written({ configuration }: LoadedConfiguration): z.input<typeof CONFIGURATION> {
  return resolved(z.encode(CONFIGURATION, configuration), process.cwd()) as z.input<typeof CONFIGURATION>;
}

/** The same with secrets masked. */
export function printable(loaded: LoadedConfiguration): Record<string, unknown> {
  const { broker, mqtts_port, history, state, ...rest } = written(loaded);
  return {
    broker: {
      ...broker,
      ...(broker?.url && { url: redactUrl(broker.url) }),
      // some brokers take a token for a user name, and no password
      ...(broker?.username !== undefined && !broker.password && !broker.password_file && { username: MASK }),
      ...(broker?.password !== undefined && { password: MASK }),
    },
    // without a certificate it would be refused
    ...(rest.tls && { mqtts_port }),
    ...rest,
    ...(state !== undefined && { state: redactUrl(state) }),
    history: typeof history === "object" && history.url ? { ...history, url: redactUrl(history.url) } : history,
  };
}

/** A setting and its value; a list is one. */
export type Setting = readonly [path: Path, value: unknown];

/** Every setting of the configuration, one by one. */
export function settingsOf(value: unknown, path: Path = []): Setting[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : settingsOf(inner, [...path, key]),
  );
}

/** The configuration in effect as YAML, with a comment where a setting comes from, unless it is the default. */
export function print(loaded: LoadedConfiguration): string {
  const data = printable(loaded);
  const document = new Document(data);
  for (const [path] of settingsOf(data)) {
    const node = document.getIn(path, true);
    const origin = loaded.origin(path);
    if (isCollection(node)) node.flow = true;
    if (origin && (isCollection(node) || isScalar(node))) node.comment = ` ${origin}`;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
