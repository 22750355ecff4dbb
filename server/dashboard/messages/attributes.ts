/** Attributes that `data-text-<attribute>` fills with a message. */
export const TEXT_ATTRIBUTES = ["aria-label", "placeholder", "title"] as const;
