/** Settings that define when problems become alerts, and where alerts are sent. */
export interface AlertSettings {
  /** How long a problem must last before it becomes an alert, in ms. */
  readonly after: number;
  /** The address of the dashboard, for links in messages; undefined for messages without links. */
  readonly page?: string;
  /** Receives alerts as JSON by POST. `authorization` is the value of the header Authorization. */
  readonly webhook?: { readonly url: string; readonly authorization?: string };
  /** Receives alerts as push messages. `url` is the URL of a topic. */
  readonly ntfy?: { readonly url: string; readonly token?: string };
}

/** The default settings: a grace period in which restarted boards and servers can reconnect, and no channels. */
export const DEFAULT_ALERT_SETTINGS: AlertSettings = { after: 120_000 };
