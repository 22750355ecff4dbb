import { expect, onTestFinished, test } from "vitest";
import { Diagnosis } from "../../flashing/diagnosis.js";
import { explainLoaderFailure } from "../../flashing/loader/loader-failure.js";
import { createPortLostError, explainOpenFailure } from "../../flashing/serial/port.js";
import { StepError } from "../../flashing/step-error.js";
import { ApiError } from "../../server/dashboard/api.js";
import { explainFailure } from "../../server/dashboard/add-board/flash/remedies.js";
import { table as de } from "../../server/dashboard/messages/de.js";
import { en } from "../../server/dashboard/messages/en.js";
import { setMessages } from "../../server/dashboard/messages/message.js";

/** Returns how a diagnosis explains a board that printed these lines after its start. */
function diagnose(...lines: string[]): StepError {
  const diagnosis = new Diagnosis({ WIFI_SSID: "attic", MQTT_HOST: "nas", MQTT_PORT: 1883 });
  for (const line of ["mgr: deploy 9 b", "* start: nightlight", ...lines]) diagnosis.processLine(line);
  return diagnosis.explainTimeout(60);
}
const refuse = (reason: string) => diagnose("wifi: got ip 1", `* refused a message on the connection: ${reason}`);

test.each<[what: string, error: unknown, problem: RegExp, remedy: RegExp]>([
  ["a wrong Wi-Fi password", diagnose("wifi: sta disconnect, reconnect..."), /nicht mit dem Netz „attic“/, /Passwort/],
  ["an unseen network", diagnose("wifi: scan done: 0 results"), /sieht das Netz „attic“ nicht/, /2,4 GHz/],
  ["a broker that is not running", refuse("can't connect"), /nas:1883 nicht \(can't connect\)/, /Firewall/],
  ["an unknown host", refuse("can't resolve host"), /keinen Rechner namens nas/, /Adresse/],
  ["a wrong account", refuse("the broker refused the connection: x user name or password"), /lehnt das Konto/, /Konto/],
  ["a silent board", diagnose("wifi: got ip 1"), /meldet nicht/, /Firewall/],
  ["a lost port", createPortLostError("the deploy", "x", "x"), /hat seinen USB-Anschluss verlassen/, /neu ein/],
  ["a busy port", explainOpenFailure("x", new Error("Failed to open serial port.")), /anderes Programm/, /Schließe/],
  ["a failed write", explainLoaderFailure("x", new Error("MD5 of file does not match"), "x", ""), /weichen/, /Datenkabel/], // prettier-ignore
  ["a name that exists", new ApiError("The user porch exists already.", 409), /porch/, /anderen Namen/],
  ["a stopped server", new ApiError("Der Server ist nicht erreichbar.", 0), /nicht erreichbar/, /erneut/],
])("the page explains %s in its language", (_, error, problem, remedy) => {
  setMessages(de, "de");
  onTestFinished(() => setMessages(en, "en"));
  const explained = explainFailure(error);
  expect(explained.problem).toMatch(problem);
  expect(explained.remedy).toMatch(remedy);
  expect(Object.values(explained).join()).not.toMatch(/[{}]/);
});

test("the page shows a rare problem in English, with a remedy in its language", () => {
  setMessages(de, "de");
  onTestFinished(() => setMessages(en, "en"));
  const { problem, remedy } = explainFailure(new StepError("x", "The moon is full.", "Wait."));
  expect(problem).toBe("The moon is full.");
  expect(remedy).toContain("erneut");
});
