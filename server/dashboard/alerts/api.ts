/** Client of the API for the services to which the server sends alerts. */

import type { ChannelView, TestResult } from "../../src/alerts/delivery/channel-view.js";
import { sendRequest } from "../api.js";

export type Channel = ChannelView;

/** Gets the services to which the server sends alerts. @throws ApiError */
export async function getChannels(): Promise<Channel[]> {
  return (await (await sendRequest("GET", "api/alert-channels")).json()) as Channel[];
}

/** Sends a test message to every service, and waits for the outcomes. @throws ApiError */
export async function postTestMessage(): Promise<TestResult[]> {
  return (await (await sendRequest("POST", "api/alert-channels/test", {})).json()) as TestResult[];
}
