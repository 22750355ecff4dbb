/** Texts of the view of alerts. */

import type { Area } from "../area.js";

export const alerts = {
  open: "Open",
  noneOpen: "Nothing is wrong.",
  resolved: "Resolved",
  noneResolved: "No alert has been resolved yet.",
  since: "since {time}",
  fromTo: "{from} to {to} ({duration})",

  boardOffline: "{board} is offline",
  zoneWithoutSensor: "Zone {zone} has no fresh sensor",
  boardLost: { one: "{board} has lost {count} reading", other: "{board} has lost {count} readings" },
  historyLost: "The history has lost readings",
  storageFailing: "Data cannot be stored",
  brokerDisconnected: "The connection to the broker is lost",
  rolloutStopped: "The update of all boards has stopped",

  refusals: "Refused",
  noRefusals: "No message has been refused since the server started.",
  refusedOn: "{sender}: {topic}",
  refusedTimes: { one: "{count} time, {time}", other: "{count} times, last {time}" },
  notAllowedAdvice:
    "The account {account} has no right to do this. If it should, change its role under People. Home Assistant needs the role Home Assistant.",
  badLoginAdvice:
    "Check the user name and the password in the client. Under People, you can set a new password. A board without an account gets one under Add a board.",
  badMessageAdvice:
    "Correct the program that sends this message. The contract in the documentation describes every message.",
  unknownDeviceAdvice: "Check the board's id in the topic. The server knows a board after its first reading.",
  limitAdvice: "Let the client send less, or raise the limit in the configuration file.",

  messages: "Messages",
  ntfy: "ntfy",
  webhook: "Webhook",
  delivered: { one: "{count} message delivered", other: "{count} messages delivered" },
  waiting: { one: "{count} alert waits", other: "{count} alerts wait" },
  test: "Send a test message",
  testing: "Sending …",
  tested: "The test message was delivered.",
  nowhere: "Alerts appear only on this page so far. The server can also send them to a phone or to another program.",
  howNtfy:
    "For a phone, install the app {link}, propose a topic below, and subscribe to it in the app. For Home Assistant and other programs, enter the URL of a webhook.",

  ntfyTopic: "ntfy topic",
  ntfyTopicHelp: "URL of the topic. Everybody who knows the topic can read the alerts.",
  webhookUrl: "Webhook",
  webhookUrlHelp: "URL that receives alerts as JSON by POST.",
  after: "Alert after",
  afterHelp: "How long a problem must last.",
  page: "Address of this page",
  pageHelp: "For links in messages, such as https://lights.example.org.",
  propose: "Propose a topic",
  subscribe: "Subscribe to this topic in the app ntfy. After you leave this view, the page does not show it again.",
} as const satisfies Area;
