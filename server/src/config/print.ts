import { Document, isCollection, isScalar } from "yaml";
import { z } from "zod";
import type { LoadedConfiguration } from "./load.js";
import { resolvePaths } from "./paths.js";
import type { Path } from "./problems.js";
import { SECRET_MASK, redactUrlPath, redactUrl } from "../security/redact.js";
import { CONFIGURATION_SCHEMA } from "./schema.js";

/** Converts the configuration to the contents of a configuration file, with absolute paths and with secrets. */
export function toFileContents({ configuration }: LoadedConfiguration): z.input<typeof CONFIGURATION_SCHEMA> {
  return resolvePaths(z.encode(CONFIGURATION_SCHEMA, configuration), process.cwd()) as z.input<
    typeof CONFIGURATION_SCHEMA
  >;
}

/** Converts the configuration to the contents of a configuration file, with secrets masked. */
export function toMaskedContents(loaded: LoadedConfiguration): Record<string, unknown> {
  const { broker, mqtts_port, history, state, alerts, ...rest } = toFileContents(loaded);
  return {
    broker: {
      ...broker,
      ...(broker?.url && { url: redactUrl(broker.url) }),
      // If the user name has no password, mask it: some brokers use the user name as a secret token.
      ...(broker?.username !== undefined && !broker.password && !broker.password_file && { username: SECRET_MASK }),
      ...(broker?.password !== undefined && { password: SECRET_MASK }),
    },
    // Without a certificate, omit mqtts_port, because the schema would reject it.
    ...(rest.tls && { mqtts_port }),
    ...rest,
    ...(state !== undefined && { state: redactUrl(state) }),
    alerts: { ...alerts, ...maskAlerts(alerts) },
    history: typeof history === "object" && history.url ? { ...history, url: redactUrl(history.url) } : history,
  };
}

/** Masks the secrets of alerts, and the paths of URLs to which alerts are sent, because they work like passwords. */
function maskAlerts(alerts: z.input<typeof CONFIGURATION_SCHEMA>["alerts"] = {}): typeof alerts {
  const { webhook, ntfy, webhook_authorization: authorization, ntfy_token: token } = alerts;
  return {
    ...(webhook !== undefined && { webhook: redactUrlPath(webhook) }),
    ...(ntfy !== undefined && { ntfy: redactUrlPath(ntfy) }),
    ...(authorization !== undefined && { webhook_authorization: SECRET_MASK }),
    ...(token !== undefined && { ntfy_token: SECRET_MASK }),
  };
}

/** Path and value of a setting. A list counts as one value. */
export type Setting = readonly [path: Path, value: unknown];

/** Flattens a configuration to a list of its settings. */
export function listSettings(value: unknown, path: Path = []): Setting[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : listSettings(inner, [...path, key]),
  );
}

/** Prints the configuration in effect as YAML. Each setting that is not a default has a comment with its source. */
export function printConfiguration(loaded: LoadedConfiguration): string {
  const data = toMaskedContents(loaded);
  const document = new Document(data);
  for (const [path] of listSettings(data)) {
    const node = document.getIn(path, true);
    const origin = loaded.origin(path);
    if (isCollection(node)) node.flow = true;
    if (origin && (isCollection(node) || isScalar(node))) node.comment = ` ${origin}`;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
