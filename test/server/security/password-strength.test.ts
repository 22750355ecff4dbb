/** Tests which passwords are refused according to NIST SP 800-63B: common ones, names, sequences and repetitions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMMON_WORDS } from "../../../server/src/security/common-words.js";
import { passwordWeakness } from "../../../server/src/security/password-strength.js";
import { generatePassword } from "../../../server/src/security/scrypt.js";

describe("a weak password", () => {
  test.each<[reason: RegExp, ...passwords: string[]]>([
    [/a sequence such as 1234 or qwerty/, "12345678", "87654321", "abcdefgh", "qwertyui", "qwertzuiop", "1q2w3e4r", "1qaz2wsx", "!QAZ2wsx", "asdf1234"], // prettier-ignore
    [/a repetition/, "aaaaaaaa", "abababab", "00000000", "123123123", "xyzxyzxyzxyz"],
    [/a common word or password/, "password", "Passwort1!", "p4ssw0rd", "P@$$w0rd2024", "letmein123", "iloveyou", "trustno1", "11223344"], // prettier-ignore
    [/a common word or password/, "Summer2026!", "dragon2026monkey", "administrator", "sunshine"],
    [/a common word or password/, "nightlight", "Nightlight-2026", "n1ghtl1ght!!", "mqtt-broker"],
    [/a year or a date/, "19871225", "25.12.1987", "2026-11-29"],
    [/the user name/, "porch1234", "porchporch-porch", "Porch2026!", "p0rch12345"],
  ])("the reason %s is given for weak passwords", (reason, ...passwords) => {
    for (const password of passwords) {
      expect(passwordWeakness(password, ["porch"]), password).toMatch(
        /^The password is easy to guess: there is little/,
      );
      expect(passwordWeakness(password, ["porch"]), password).toMatch(reason);
    }
  });

  test("parts of a name such as ann@home.example count as names", () => {
    for (const password of ["ann12345", "example2026", "ann@home.example"])
      expect(passwordWeakness(password, ["ann@home.example"])).toContain("the user name");
    expect(passwordWeakness("example-7Qw-x", ["bob"])).toBe("");
  });

  test("the reason never contains the password", () => {
    for (const password of ["Passwort1!", "dragon2026monkey", "!QAZ2wsx"])
      expect(passwordWeakness(password).toLowerCase()).not.toContain(password.toLowerCase());
  });
});

describe("a strong password", () => {
  test.each(["correct horse", "my cat eats 3 mice", "zwei Esel im Regen", "xK4-pq9Lm", "7fQ!x2Lw", "пароль 密码 😀", "tr0ub4dor&3"])(
    "the password %s is accepted",
    (password) => expect(passwordWeakness(password, ["ann"])).toBe(""),
  ); // prettier-ignore

  test("every generated password is accepted", () => {
    for (let n = 0; n < 2000; n++) expect(passwordWeakness(generatePassword(), ["porch"])).toBe("");
  });

  test("any password is accepted after eight characters without a pattern are added", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (start) => {
        expect(passwordWeakness(`${start}\u2603v7\u00dfwz\u2604k\u2605`, ["ann"])).toBe("");
      }),
    );
  });
});

test("any common word with a number behind it is refused", () => {
  for (const word of COMMON_WORDS) expect(passwordWeakness(`${word}1`), word).toMatch(/^The password is easy to guess/);
});

test("the longest password is judged in milliseconds", () => {
  const passwords = ["a".repeat(256), "ab".repeat(128), Array.from({ length: 256 }, (_, n) => String.fromCharCode(33 + ((n * n * 31) % 90))).join("")]; // prettier-ignore
  const began = performance.now();
  for (const password of passwords) passwordWeakness(password, ["ann"]);
  expect(performance.now() - began).toBeLessThan(2000);
});
