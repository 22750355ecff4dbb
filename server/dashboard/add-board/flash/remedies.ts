/** Explains failures in texts of the page: the problem, and what the person can do. */

import { messageOf, StepError, type ProblemCode, type RemedyKind } from "../../../../flashing/step-error.js";
import { ApiError } from "../../api.js";
import { message, messageByName } from "../../messages/message.js";
import type { MessageKey } from "../../messages/types.js";

const REMEDIES = {
  account: "flashing.remedyAccount",
  "boot-button": "flashing.remedyBootButton",
  broker: "flashing.remedyBroker",
  cable: "flashing.remedyCable",
  certificate: "flashing.remedyCertificate",
  "other-board": "flashing.remedyOtherBoard",
  "port-access": "flashing.remedyPortAccess",
  "port-busy": "flashing.remedyPortBusy",
  replug: "flashing.remedyReplug",
  report: "flashing.remedyReport",
  reset: "flashing.remedyReset",
  "wifi-network": "flashing.remedyWifiNetwork",
  "wifi-password": "flashing.remedyWifiPassword",
} as const satisfies Record<RemedyKind, MessageKey>;

const PROBLEMS = {
  "broker-rejects": "flashingProblems.brokerRejects",
  "broker-unknown": "flashingProblems.brokerUnknown",
  "broker-unreachable": "flashingProblems.brokerUnreachable",
  certificate: "flashingProblems.certificate",
  "chip-receives-nothing": "flashingProblems.chipReceivesNothing",
  "chip-runs": "flashingProblems.chipRuns",
  "chip-silent": "flashingProblems.chipSilent",
  crashed: "flashingProblems.crashed",
  "flash-defective": "flashingProblems.flashDefective",
  "flash-differs": "flashingProblems.flashDiffers",
  "no-runtime": "flashingProblems.noRuntime",
  "no-scan": "flashingProblems.noScan",
  "not-accepted": "flashingProblems.notAccepted",
  "not-connected": "flashingProblems.notConnected",
  "not-started": "flashingProblems.notStarted",
  "port-access": "flashingProblems.portAccess",
  "port-busy": "flashingProblems.portBusy",
  "port-closed": "flashingProblems.portClosed",
  "port-lost": "flashingProblems.portLost",
  "transfer-interrupted": "flashingProblems.transferInterrupted",
  "wifi-refused": "flashingProblems.wifiRefused",
  "wifi-unseen": "flashingProblems.wifiUnseen",
} as const satisfies Record<ProblemCode, MessageKey>;

/** HTTP status of a request for an account that exists. */
const STATUS_CONFLICT = 409;

/** Returns what went wrong, and what the person can do. */
export function explainFailure(error: unknown): { problem: string; remedy: string } {
  if (error instanceof StepError)
    return { problem: translate(error), remedy: message(error.kind ? REMEDIES[error.kind] : "flashing.remedyOther") };
  return { problem: messageOf(error), remedy: error instanceof ApiError ? explainRefusal(error) : "" };
}

/** Returns the problem in the language of the page, or in English if it is a rare one. */
function translate({ problem, details }: StepError): string {
  if (!details) return problem;
  const { code, ...values } = details;
  return messageByName(PROBLEMS[code], values);
}

function explainRefusal({ status }: ApiError): string {
  return message(status === STATUS_CONFLICT ? "flashing.remedyAccountExists" : "flashing.remedyServer");
}
