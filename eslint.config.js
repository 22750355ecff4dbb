// ESLint rules for Node code and firmware. Rules that need types, such as the one against floating promises, apply only
// to Node code. In firmware, the DeviceScript compiler rejects floating promises; `npm run check` compiles every board.
import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import { defineConfig, globalIgnores } from "eslint/config";
import ts from "typescript-eslint";

/** Forbids access to private members of libraries, and changes of their objects. */
const PRIVATE_MEMBER_RULES = [
  {
    selector: "MemberExpression[property.name=/^_/], MemberExpression[property.value=/^_/], Property[key.name=/^_/]",
    message: "Members that begin with _ are private to a library.",
  },
  {
    selector: "TSAsExpression > TSAsExpression, TSAsExpression > TSTypeAssertion",
    message: "A cast of a cast reaches into a library's private parts.",
  },
  {
    selector:
      "AssignmentExpression[left.object.name=/^(aedes|client|conn|parser)$/], CallExpression[callee.object.name='Object'][callee.property.name='assign'][arguments.0.name=/^(aedes|client)$/]",
    message: "Do not replace a library's methods or change its state.",
  },
];

/** Forbids reading the wall clock, which may be wrong and may be set at any time. */
const WALL_CLOCK_RULES = [
  {
    selector:
      "MemberExpression[object.name='Date'][property.name='now'], NewExpression[callee.name='Date'][arguments.length=0]",
    message:
      "The wall clock may be set at any time: measure durations with clock.now() of server/src/time/monotonic-clock.ts (in the dashboard, of clock.ts), and ask it for what people read.",
  },
];

/** Forbids page text outside the message tables. A browser test finds the texts that these patterns miss. */
const PAGE_TEXT_RULES = [
  ":not(NewExpression[callee.name='Error']) > Literal[value=/\\p{L}{2,} \\p{L}/u]",
  ":not(NewExpression[callee.name='Error']) > TemplateLiteral > TemplateElement[value.raw=/\\p{L}{3,}\\s|\\s\\p{L}{3,}/u]",
  "CallExpression[callee.name=/^(setText|createElement)$/] > Literal:nth-child(2)[value=/\\p{L}/u]",
  "CallExpression[callee.name=/^(setText|createElement)$/] > :matches(ConditionalExpression, LogicalExpression) > Literal[value=/\\p{L}/u]",
  "AssignmentExpression[left.property.name=/^(textContent|innerText|title|placeholder|ariaLabel)$/] > Literal[value=/\\p{L}/u]",
  "CallExpression[arguments.0.value=/^(aria-label|title|placeholder|alt)$/] > Literal:nth-child(2)[value=/\\p{L}/u]",
  "CallExpression[arguments.1.value=/^(aria-label|title|placeholder|alt)$/] > Literal:nth-child(3)[value=/\\p{L}/u]",
].map((selector) => ({
  selector,
  message: "Text of the page belongs into the message tables of server/dashboard/messages (CONTRIBUTING.md).",
}));

export default defineConfig(
  globalIgnores(["lesson/", "**/dist/", "**/node_modules/", ".devicescript/", "**/*.d.ts"]),
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "none" }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "prefer-const": "error",
    },
  },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
    },
  },
  {
    files: ["server/src/**/*.ts", "server/dashboard/**/*.ts", "sim/**/*.ts"],
    // the ignored files may read the wall clock: the event stream must detect that the computer slept, but
    // performance.now() may stop during sleep
    ignores: [
      "server/src/time/monotonic-clock.ts",
      "server/dashboard/clock.ts",
      "server/dashboard/events/{hub,stream}.ts",
    ],
    rules: { "no-restricted-syntax": ["error", ...WALL_CLOCK_RULES] },
  },
  {
    files: ["server/dashboard/**/*.ts"],
    // ignores reasons.ts, because this file contains the server's English sentences, which it translates
    ignores: [
      "server/dashboard/build.ts",
      "server/dashboard/messages/**",
      "server/dashboard/add-board/commands.ts",
      "server/dashboard/reasons.ts",
      "server/dashboard/{clock,events/{hub,stream}}.ts",
    ],
    rules: { "no-restricted-syntax": ["error", ...WALL_CLOCK_RULES, ...PAGE_TEXT_RULES] },
  },
  {
    files: ["server/dashboard/{clock,events/{hub,stream}}.ts"],
    rules: { "no-restricted-syntax": ["error", ...PAGE_TEXT_RULES] },
  },
  {
    // The broker uses only the documented API of aedes, so that new versions of aedes do not break the broker.
    files: ["server/src/broker/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", ...PRIVATE_MEMBER_RULES, ...WALL_CLOCK_RULES] },
  },
  {
    // Firmware has no rules that need types, because DeviceScript's types differ from those of Node.
    files: ["contract/**/*.ts", "src/**/*.ts", "packages/**/*.ts", "**/device/**/*.ts"],
    extends: [ts.configs.disableTypeChecked],
    rules: { "@typescript-eslint/no-explicit-any": "off" },
  },
  {
    files: ["**/*.js", "**/*.cjs", "**/*.mjs"],
    languageOptions: {
      globals: { process: "readonly", console: "readonly", URL: "readonly", setInterval: "readonly" },
    },
  },
  prettier,
);
