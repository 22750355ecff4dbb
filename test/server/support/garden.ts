/** The example zone of docs/reference/api.md, as a decision policy and as a configuration file. */
import { LESSON_RULE } from "../../../contract/index.js";
import { LESSON_POLICY, DEFAULT_STALE_AFTER, type Policy } from "../../../server/src/decisions/policy.js";

export const GARDEN_POLICY: Policy = {
  ...LESSON_POLICY,
  zones: [
    {
      name: "garden",
      label: "Garden",
      sensors: ["nightlight/gate"],
      lamps: ["nightlight/path"],
      combine: "median",
      at_least: 1,
      rule: { ...LESSON_RULE, hysteresis: 50 },
      stale_after: DEFAULT_STALE_AFTER,
    },
  ],
};

export const GARDEN_FILE = `zones:
  garden: {label: Garden, sensors: [nightlight/gate], lamps: [nightlight/path], hysteresis: 50}
`;
