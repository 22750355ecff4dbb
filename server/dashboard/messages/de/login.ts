import type { TranslatedArea } from "../area.js";
import type { login as english } from "../en/login.js";

export const login: TranslatedArea<typeof english> = {
  title: "Anmelden · Nightlight",
  name: "Name",
  password: "Passwort",
  submit: "Anmelden",
  unencrypted:
    "Diese Verbindung ist nicht verschlüsselt. Jeder im selben Netz kann das Passwort mitlesen. Für HTTPS starte den Server mit einem Zertifikat und seinem Schlüssel: {certificate} und {key}.",
  needsScript: "Zum Anmelden ist JavaScript nötig. Schalte es im Browser ein.",
  noAccount: "Noch kein Konto?",
  createAccount: "Lege auf dem Rechner, auf dem der Server läuft, eines an:",
  readers: "Mit {reader} hat das Konto nur Leserechte. Ein vergessenes Passwort ersetzt {command}.",
};
