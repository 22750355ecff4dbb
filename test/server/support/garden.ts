/** A decision policy with the example zone of docs/reference/api.md. */
import { LESSON_RULE } from "../../../contract/index.js";
import { LESSON_POLICY, STALE_AFTER, type Policy } from "../../../server/src/decisions/policy.js";

export const GARDEN: Policy = {
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
      stale_after: STALE_AFTER,
    },
  ],
};
