/**
 * Validates Home Assistant's MQTT device discovery messages and renders its templates.
 *
 * The tables are copied from Home Assistant's own schemas and documentation:
 * - https://github.com/home-assistant/core/tree/dev/homeassistant/components/mqtt: `schemas.py` (DEVICE_DISCOVERY_SCHEMA,
 *   MQTT_ENTITY_COMMON_SCHEMA; in its form of 2026), `config.py` (MQTT_RO_SCHEMA, MQTT_RW_SCHEMA), `discovery.py`
 *   (TOPIC_MATCHER), `sensor.py`, `select.py` (20dc1b2cd44bc70ecfbeadbe48e9cd43b5611d24) and `light/schema_basic.py`
 *   (930e4b4eb66d0d769d468d37fb243c56c9c4062e)
 * - https://github.com/home-assistant/home-assistant.io: `source/_integrations/{mqtt,light.mqtt,sensor.mqtt,select.mqtt}.markdown`
 *
 * Home Assistant ignores unknown keys. This validator reports them, because they are mistakes in our messages.
 */
import { spawnSync } from "node:child_process";

/** A discovery topic below the prefix, from Home Assistant's `discovery.py`. */
const TOPIC_PATTERN = /^(?<component>\w+)\/(?:(?<node_id>[a-zA-Z0-9_-]+)\/)?(?<object_id>[a-zA-Z0-9_-]+)\/config$/;

const ROOT_KEYS = splitKeys(
  "device components origin availability availability_mode availability_topic availability_template payload_available " +
    "payload_not_available command_topic state_topic qos encoding message_expiry_interval",
);
const DEVICE_KEYS = splitKeys(
  "identifiers connections manufacturer model model_id name hw_version serial_number sw_version via_device " +
    "suggested_area configuration_url",
);
const ORIGIN_KEYS = splitKeys("name sw_version support_url");
const AVAILABILITY_KEYS = splitKeys("topic payload_available payload_not_available value_template");
const COMMON_KEYS =
  "platform name unique_id default_entity_id availability availability_mode availability_topic availability_template " +
  "payload_available payload_not_available enabled_by_default entity_category entity_picture icon json_attributes_topic " +
  "json_attributes_template qos encoding ";

interface Platform {
  readonly allowed: ReadonlySet<string>;
  /** Required keys in addition to `platform` and `unique_id`. */
  readonly required: readonly string[];
  /** Allowed entity categories. According to the documentation, sensors may only be `diagnostic`. */
  readonly categories: readonly string[];
}

const PLATFORMS: Readonly<Record<string, Platform>> = {
  light: {
    // the keys of the default schema that suit a lamp without brightness and color
    allowed: splitKeys(
      COMMON_KEYS +
        "command_topic optimistic retain state_topic on_command_type payload_off payload_on state_value_template schema",
    ),
    required: ["command_topic"],
    categories: ["config", "diagnostic"],
  },
  select: {
    allowed: splitKeys(
      COMMON_KEYS + "command_topic optimistic retain state_topic command_template options value_template",
    ),
    required: ["command_topic", "options"],
    categories: ["config", "diagnostic"],
  },
  update: {
    allowed: splitKeys(
      COMMON_KEYS +
        "command_topic device_class display_precision latest_version_template latest_version_topic payload_install " +
        "release_summary release_url retain state_topic title value_template",
    ),
    required: [],
    categories: ["config", "diagnostic"],
  },
  sensor: {
    allowed: splitKeys(
      COMMON_KEYS +
        "state_topic value_template device_class expire_after force_update last_reset_value_template options " +
        "suggested_display_precision state_class unit_of_measurement",
    ),
    required: ["state_topic"],
    categories: ["diagnostic"],
  },
};

const STATE_CLASSES = ["measurement", "measurement_angle", "total", "total_increasing"];

function splitKeys(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

export type Json = Record<string, unknown>;
export interface Entity extends Json {
  readonly platform: string;
  readonly unique_id: string;
  readonly availability?: readonly { readonly topic: string; readonly value_template: string }[];
}
export interface Discovery extends Json {
  readonly device: Json & { readonly identifiers: readonly string[] };
  readonly components: Readonly<Record<string, Entity>>;
}

/** Returns the reasons why Home Assistant would reject a discovery message; empty for a valid one. */
export function findDiscoveryProblems(prefix: string, topic: string, payload: string): string[] {
  const problems: string[] = [];
  const reportUnless = (ok: unknown, problem: string): void => void (ok || problems.push(problem));
  const reportUnknownKeys = (where: string, value: object, allowed: ReadonlySet<string>): void => {
    for (const key of Object.keys(value)) reportUnless(allowed.has(key), `${where} has no "${key}"`);
  };
  const reportNonText = (where: string, value: Json): void => {
    for (const [key, found] of Object.entries(value))
      if (typeof found !== "object")
        reportUnless(typeof found === "string" && found !== "", `${where}.${key} must be a non-empty string`);
  };

  const match = TOPIC_PATTERN.exec(topic.slice(prefix.length + 1));
  reportUnless(
    topic.startsWith(`${prefix}/`) && match?.groups?.component === "device",
    `${topic} is not a device discovery topic`,
  );
  const root = JSON.parse(payload) as Discovery & { readonly origin: Json };
  reportUnknownKeys("the payload", root, ROOT_KEYS);
  reportUnless(root.device && root.origin && root.components, "device, origin and components are required");
  reportUnknownKeys("device", root.device, DEVICE_KEYS);
  reportNonText("device", root.device);
  reportUnless(root.device.identifiers.length > 0, "a device needs an identifier");
  reportUnknownKeys("origin", root.origin, ORIGIN_KEYS);
  reportNonText("origin", root.origin);
  reportUnless(root.origin.name, "origin needs a name");
  reportUnless([0, 1, 2, undefined].includes(root.qos as number), "qos must be 0, 1 or 2");
  for (const [name, entity] of Object.entries(root.components)) {
    reportUnless(
      !name.includes(" "),
      `the component id "${name}" contains a space, at which Home Assistant splits the id`,
    );
    findEntityProblems(name, entity, reportUnless, reportUnknownKeys);
  }
  return problems;
}

function findEntityProblems(
  name: string,
  entity: Entity,
  check: (ok: unknown, problem: string) => void,
  known: (where: string, value: object, allowed: ReadonlySet<string>) => void,
): void {
  const platform = PLATFORMS[entity.platform];
  check(platform, `${name}: no platform "${entity.platform}"`);
  if (!platform) return;
  known(name, entity, platform.allowed);
  for (const key of ["unique_id", ...platform.required]) check(key in entity, `${name} needs ${key}`);
  if ("entity_category" in entity)
    check(platform.categories.includes(entity.entity_category as string), `${name}: entity_category`);
  check(entity.name === null || (typeof entity.name === "string" && entity.name !== ""), `${name}: name`);
  check(
    new RegExp(`^${entity.platform}\\.[a-z0-9]+(_[a-z0-9]+)*$`).test(String(entity.default_entity_id)),
    `${name}: default_entity_id is the platform and a slug`,
  );
  check(!("availability" in entity && "availability_topic" in entity), `${name}: availability or availability_topic`);
  check(["all", "any", "latest", undefined].includes(entity.availability_mode as string), `${name}: availability_mode`);
  for (const availability of entity.availability ?? []) {
    known(`${name}.availability`, availability, AVAILABILITY_KEYS);
    check(availability.topic, `${name}: availability needs a topic`);
  }
  for (const [key, value] of Object.entries(entity))
    // a topic name must not contain wildcards [MQTT-3.3.2-2], and our state topics need none
    if (key.endsWith("_topic")) check(/^[^#+\0]{1,65535}$/.test(String(value)), `${name}: ${key}`);
  if ("state_class" in entity) check(STATE_CLASSES.includes(entity.state_class as string), `${name}: state_class`);
  if ("expire_after" in entity) check(Number.isInteger(entity.expire_after) && Number(entity.expire_after) >= 0, name);
  if (entity.platform !== "sensor" || !("options" in entity)) return;
  check((entity.options as unknown[]).length > 0, `${name}: an empty options list is not allowed`);
  check(entity.device_class === "enum", `${name}: options go with device_class enum`);
  check(!("state_class" in entity) && !("unit_of_measurement" in entity), `${name}: options exclude a state class`);
}

/** A Python command with Jinja, the template engine of Home Assistant; undefined if no Python has Jinja. */
export const PYTHON_WITH_JINJA = ["python3", "/usr/bin/python3", "python"].find(
  (name) => spawnSync(name, ["-c", "import jinja2.sandbox"], { timeout: 60_000 }).status === 0,
);

/** A Python script that renders templates as Home Assistant's `helpers/template.py` does, with `value` and `value_json`. */
const RENDER_SCRIPT = `
import json, sys
from jinja2.sandbox import ImmutableSandboxedEnvironment
environment = ImmutableSandboxedEnvironment()
rendered = []
for template, value in json.load(sys.stdin):
    variables = {"value": value}
    try:
        variables["value_json"] = json.loads(value)
    except ValueError:
        pass
    rendered.append(environment.from_string(template).render(**variables).strip())
json.dump(rendered, sys.stdout)
`;

/** Renders each template in Jinja. `value` is the message or command that Home Assistant passes to the template. */
export function renderTemplates(templates: readonly (readonly [template: string, value: string])[]): string[] {
  if (!PYTHON_WITH_JINJA) throw new Error("Jinja is not installed: apt-get install python3-jinja2, pip install jinja2");
  const options = { input: JSON.stringify(templates), encoding: "utf8", timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(PYTHON_WITH_JINJA, ["-c", RENDER_SCRIPT], options);
  if (status !== 0) throw new Error(`the templates could not be rendered: ${stderr}`);
  return JSON.parse(stdout) as string[];
}
