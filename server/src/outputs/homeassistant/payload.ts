import { OVERRIDE, STATUS, topicOf, type UpdateState } from "../../../../contract/index.js";
import { MAX_LESSON_SILENCE } from "../../devices/devices.js";
import { serverStatusTopicOf } from "../../transport/server-status.js";
import { entityNameOf, objectIdOf } from "./names.js";

/** The data of a device that is announced to Home Assistant. */
export interface AnnouncedDevice {
  readonly id: string;
  /** Name of the device that Home Assistant shows. */
  readonly label: string;
  /** Board type that the device reports. */
  readonly board?: string;
  /** Firmware version that the device reports. */
  readonly firmware?: string;
  /** The program and its update; undefined for a device that cannot be updated. */
  readonly update?: UpdateState;
  /** Whether the device sends no `status`, like devices with the code of the IoT for Beginners lesson. */
  readonly lesson: boolean;
}

export interface PayloadOptions {
  /** Topic prefix; the server publishes its own status on `<prefix>/status`. */
  readonly prefix: string;
  /** Version of the server, which Home Assistant shows as the origin of the devices. */
  readonly version: string;
}

const ONLINE_TEMPLATE = "{{ 'online' if value_json.online else 'offline' }}";

/** Returns a Home Assistant template that reads a field of a JSON payload. Home Assistant shows `None` as unknown. */
const createFieldTemplate = (name: string): string => `{{ value_json.${name} | default('None') }}`;

const createOverridePayload = (mode: string): string => `{"mode":"${mode}"}`;

/**
 * Template that converts a decision to the override payload for the same lamp state, because Home Assistant compares
 * the state of a light with its command payloads.
 */
const LAMP_STATE_TEMPLATE =
  "{% if value_json.led_on is defined %}" +
  createOverridePayload("{{ 'on' if value_json.led_on else 'off' }}") +
  "{% else %}None{% endif %}";

/**
 * Builds the discovery message of a device with all its entities. An entity is available while its source is online: the
 * board, or for decisions the board and the server.
 * @see https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
 */
export function createDiscoveryPayload(device: AnnouncedDevice, { prefix, version }: PayloadOptions): object {
  const { id, label, board, firmware, lesson, update } = device;
  const objectId = objectIdOf(id);
  const decision = topicOf(id, "decision");
  const set = topicOf(id, "set");
  const createAvailability = (topic: string): object => ({ topic, value_template: ONLINE_TEMPLATE });
  const ofServer = createAvailability(serverStatusTopicOf(prefix));
  const ofBoard = createAvailability(topicOf(id, "status"));
  const byServer = { availability: lesson ? [ofServer] : [ofBoard, ofServer], availability_mode: "all" };
  const byBoard = { availability: [ofBoard], entity_category: "diagnostic", state_topic: topicOf(id, "status") };

  const createEntity = (platform: string, key: string, name: string | null): object => ({
    platform,
    name,
    unique_id: `${objectId}_${key}`,
    default_entity_id: `${platform}.${entityNameOf(id)}_${key}`,
  });

  return {
    device: {
      identifiers: [objectId],
      name: label,
      manufacturer: "Nightlight",
      ...(board !== undefined && { model: board }),
      ...(firmware !== undefined && { sw_version: firmware }),
    },
    origin: { name: "Nightlight", sw_version: version },
    qos: 1,
    components: {
      lamp: {
        // Without a name, the entity gets the name of the device.
        ...createEntity("light", "lamp", null),
        ...byServer,
        command_topic: set,
        payload_on: createOverridePayload("on"),
        payload_off: createOverridePayload("off"),
        state_topic: decision,
        state_value_template: LAMP_STATE_TEMPLATE,
      },
      mode: {
        ...createEntity("select", "mode", "Mode"),
        ...byServer,
        command_topic: set,
        command_template: createOverridePayload("{{ value }}"),
        options: OVERRIDE.mode.values,
        state_topic: decision,
        value_template: createFieldTemplate("mode"),
      },
      reason: {
        ...createEntity("sensor", "reason", "Reason"),
        ...byServer,
        entity_category: "diagnostic",
        state_topic: decision,
        value_template: createFieldTemplate("reason"),
      },
      light: {
        // The scale is 0 to 1023 and not lux, so there is no device class and no unit.
        ...createEntity("sensor", "light", "Light level"),
        ...(lesson ? { expire_after: MAX_LESSON_SILENCE / 1000 } : { availability: [ofBoard] }),
        state_topic: topicOf(id, "telemetry"),
        state_class: "measurement",
        suggested_display_precision: 0,
        value_template: createFieldTemplate("light"),
      },
      ...(update && {
        program: {
          ...createEntity("update", "program", "Program"),
          availability: [ofServer],
          entity_category: "config",
          device_class: "firmware",
          state_topic: topicOf(id, "update"),
          command_topic: set,
          payload_install: '{"install":"latest"}',
        },
      }),
      ...(!lesson && {
        decided_by: {
          ...createEntity("sensor", "decided_by", "Decided by"),
          ...byBoard,
          device_class: "enum",
          options: STATUS.decided_by.values,
          value_template: createFieldTemplate("decided_by"),
        },
        dropped: {
          ...createEntity("sensor", "dropped", "Dropped readings"),
          ...byBoard,
          state_class: "total_increasing",
          suggested_display_precision: 0,
          value_template: createFieldTemplate("dropped"),
        },
      }),
    },
  };
}
