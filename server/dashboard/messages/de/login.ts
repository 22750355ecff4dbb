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

  firstTitle: "Ersten Administrator anlegen",
  firstExplanation:
    "Noch hat niemand ein Konto. Das Protokoll des Servers zeigt bei seinem Start einen Einmalcode: im Terminal, in dem der Server läuft, in {journal} oder in {container}.",
  code: "Einmalcode aus dem Protokoll",
  firstPassword: "Passwort, mindestens 8 Zeichen",
  create: "Anlegen und anmelden",
  everybodyMustLogIn: "Von da an müssen sich alle anmelden, auch Boards.",
  withoutAccount: "Ohne Konto weiter",

  endedIdle: "Du wurdest abgemeldet, weil du die Seite 12 Stunden lang nicht benutzt hast.",
  endedLifetime: "Du wurdest abgemeldet, weil deine Anmeldung 7 Tage her ist.",
  endedPassword: "Du wurdest abgemeldet, weil dein Passwort geändert wurde.",
  endedRole: "Du wurdest abgemeldet, weil deine Rolle geändert wurde.",
  endedRemoved: "Du wurdest abgemeldet, weil dein Konto entfernt wurde.",
  endedAdministrator: "Ein Administrator hat dich abgemeldet.",
  endedDisplaced: "Du wurdest hier abgemeldet, weil du dich in zu vielen anderen Browsern angemeldet hast.",
  endedUnknown:
    "Du wurdest abgemeldet, weil dieser Server deine Sitzung nicht kennt. Vielleicht wurden seine Daten ersetzt.",
  endedHere: "Du hast dich abgemeldet.",
  endedElsewhere: "Du wurdest in einem anderen Tab dieses Browsers abgemeldet.",
};
