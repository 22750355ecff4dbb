/** Client of the API for refused messages, and for the services to which the server sends alerts. */

import type { ChannelView, TestResult } from "../../src/alerts/delivery/channel-view.js";
import type { RejectionView } from "../../src/observability/rejection-view.js";
import { sendRequest } from "../api.js";

export type Channel = ChannelView;
export type Refusal = RejectionView;

/** Gets the services to which the server sends alerts. @throws ApiError */
export async function getChannels(): Promise<Channel[]> {
  return (await (await sendRequest("GET", "api/alert-channels")).json()) as Channel[];
}

/** Sends a test message to every service, and waits for the outcomes. @throws ApiError */
export async function postTestMessage(): Promise<TestResult[]> {
  return (await (await sendRequest("POST", "api/alert-channels/test", {})).json()) as TestResult[];
}

/** Gets the messages, subscriptions and logins that the server refused last, the latest first. @throws ApiError */
export async function getRefusals(): Promise<Refusal[]> {
  return (await (await sendRequest("GET", "api/rejections")).json()) as Refusal[];
}
