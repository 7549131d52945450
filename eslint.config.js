import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const noStarExport = {
  selector: "ExportAllDeclaration",
  message: "List what is exported: a public surface is a decision.",
};
const noDefaultExport = { selector: "ExportDefaultDeclaration", message: "Use a named export." };
const noSkippedTest = {
  selector: "MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo)$/]",
  message: "A test runs or does not exist.",
};

/** Words of before: the field says connection, connect and reconnect, close, interrupt. */
const OLD_WORDS =
  "/(^|_)(wires?|dial|redial|goodbye|hush)([A-Z_]|$)|(Wires?|Dial|Redial|Goodbye|HangUp|Hush)([A-Z_]|$)|^hangUp/";
const noOldWord = ["Identifier", "PrivateIdentifier"].map((node) => ({
  selector: `${node}[name=${OLD_WORDS}]`,
  message: "Say it in the field's words: connection, connect, reconnect, close, interrupt.",
}));

export default defineConfig(
  globalIgnores([
    "**/dist/",
    "coverage/",
    "docs/",
    // Compiled and linted by Next.js.
    "examples/next/",
    "demo-output/",
    "test-output/",
    "src/codec/pipecat/frames.ts",
    "src/media/worklets/generated.ts",
    "src/inspect/live/layouts.generated.ts",
    "packages/local-service/src/audio/voice-data.ts",
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  },
  {
    // Their own settings are for who copies them, and find the built package; here they stand on the sources.
    files: ["examples/{own-provider,react,vanilla}/**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: false, project: "tsconfig.json" } },
  },
  {
    rules: {
      eqeqeq: "error",
      "no-restricted-syntax": ["error", noStarExport, noDefaultExport],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      // The client's base class declares `void` where Pipecat's own transports return a promise.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { inheritedMethods: false } }],
      // Wrong about `Record<string, never>`, by which Pipecat says "no device".
      "@typescript-eslint/no-useless-default-assignment": "off",
      // A getter may implement a getter.
      "@typescript-eslint/class-literal-property-style": "off",
      // `string | URL` style overloads read better one per line where each has its own doc comment.
      "@typescript-eslint/unified-signatures": "off",
      // `interface` and `type` each have their place: unions and mapped types are `type`.
      "@typescript-eslint/consistent-type-definitions": "off",
      // An abstract member may be empty on purpose; its doc comment says so.
      "@typescript-eslint/no-empty-function": "off",
    },
  },
  {
    files: ["src/**/*.ts", "machines/**/*.ts", "packages/local-service/src/**/*.ts"],
    rules: {
      "no-console": "error",
      "max-lines": ["error", { max: 400 }],
      "no-restricted-syntax": ["error", noStarExport, noDefaultExport, ...noOldWord],
    },
  },
  {
    // A chart is one literal with its types, whatever its length: tools that read charts follow no imports.
    files: ["machines/*.machine.ts"],
    rules: { "max-lines": "off" },
  },
  {
    // The one place that may reach the console, and a program that talks to a terminal.
    files: ["src/log.ts", "packages/local-service/src/cli.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["test/**/*.ts", "packages/testkit/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", noStarExport, noDefaultExport, noSkippedTest],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // Vitest calls the default export of a global set-up.
    files: ["**/*.config.ts", "*.config.js", "test/**/global-setup.ts"],
    rules: { "no-restricted-syntax": ["error", noStarExport] },
  },
  { files: ["**/*.js", "**/*.cjs"], extends: [tseslint.configs.disableTypeChecked] },
  { files: ["bin/*.js"], languageOptions: { globals: { process: "readonly" } } },
  { files: ["**/*.cjs"], languageOptions: { globals: { module: "writable", require: "readonly" } } },
);
