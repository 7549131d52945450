import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import {
  defineConfig,
  type TestProjectInlineConfiguration,
  type TestUserConfig,
  type ViteUserConfig,
} from "vitest/config";
import { QUIET, speaking } from "./tools/browser-arguments.js";
import { findBrowser } from "./tools/ensure-browser.js";
import { SecretReporter } from "./packages/testkit/src/secrets/secret-reporter.js";

const speech = fileURLToPath(new URL("packages/testkit/fixtures/speech.wav", import.meta.url));

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What tools and examples import by its name. */
const BY_NAME = [
  { find: "@rtvi-machine/local-service", replacement: source("packages/local-service/src/index.ts") },
  { find: /^rtvi-machine$/, replacement: source("src/index.ts") },
  { find: "rtvi-machine/dialogue", replacement: source("src/dialogue/index.ts") },
];

/** Looks for credentials in whatever the sessions of a test let out. */
const WHOLE_RUN = "packages/testkit/src/secrets/whole-run.ts";

const PATIENCE = "packages/testkit/src/util/patience.ts";

const DENIED = "browser-denied";

/** What measures no sound, and talks of many seconds of which only the words count: they wait, and can do so beside each other. */
const CONVERSATIONS = [
  "test/browser/{peers,scenario}/*.test.ts",
  "test/browser/{bot-track,conformance,connect-attempts,events,faults,fifty-sessions,react-page,session,streaming,strict-mode,thrive,webrtc}.test.ts",
];

/**
 * What computes for long, or talks to a local service in real time: properties, corpora of wrong messages, whole models, compiled
 * documents. `npm run test:unit` leaves them out.
 */
const LONG_RUNS = [
  "test/{properties,local-service,insecure}/**/*.test.ts",
  "test/unit/**/{corpus,documents,lifecycle-model,local-service,runners,testing-page,unanswered,*.live,*.property}.test.ts",
];

const LOOPBACK = "--allow-loopback-in-peer-connection";

/** A microphone that speaks, and nobody who has to allow it. */
const granted = [...speaking(speech), LOOPBACK];

/** A microphone that is refused, and output that waits for a gesture. */
const denied = [...QUIET, LOOPBACK, "--use-fake-device-for-media-stream", "--deny-permission-prompts"];

/** Files of half a minute and more: the last one to run would run alone. */
const LONG = /\/test\/properties\/|lifecycle-model|runners|connect-attempts|browser\/webrtc/;

/**
 * The long ones first. And those of denied permissions by name: the page remembers a click for good, so that files which need an
 * untouched page come before those that click.
 */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isDenied = ({ project }: TestSpecification): boolean => project.name.startsWith(DENIED);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);
    const denied = sorted.filter(isDenied).sort((one, other) => one.moduleId.localeCompare(other.moduleId));
    const others = sorted.filter((file) => !isDenied(file));
    return [...others.filter(isLong), ...others.filter((file) => !isLong(file)), ...denied];
  }
}

export default defineConfig(async (): Promise<ViteUserConfig> => {
  const executablePath = await findBrowser();

  const browserProject = (
    name: string,
    args: string[],
    groupOrder: number,
    files: Pick<TestUserConfig, "include" | "exclude" | "maxWorkers"> = {},
  ): TestProjectInlineConfiguration => ({
    // Pre-bundled, or Vite reloads the page in the middle of the first run.
    optimizeDeps: {
      include: [
        ...["xstate", "@pipecat-ai/client-js", "@pipecat-ai/websocket-transport", "axe-core"],
        ...["react", "react-dom/client", "@pipecat-ai/client-react"],
        ...["@rtvi-machine/react-18 > react", "@rtvi-machine/react-18 > react-dom/client"],
      ],
    },
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: ["test/browser/global-setup.ts"],
      setupFiles: [WHOLE_RUN, PATIENCE],
      testTimeout: 40_000,
      hookTimeout: 40_000,
      // Audio runs in real time: two pages at once would measure each other.
      fileParallelism: files.maxWorkers !== undefined,
      ...files,
      // Of the tests that say so: they wait far more than they compute.
      maxConcurrency: 6,
      sequence: { groupOrder },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: { args, ...(executablePath === undefined ? {} : { executablePath }) },
        }),
        instances: [{ browser: "chromium" }],
      },
    },
  });

  const nodeProject = (
    name: string,
    files: Pick<TestUserConfig, "include" | "exclude">,
  ): TestProjectInlineConfiguration => ({
    resolve: { alias: BY_NAME },
    test: {
      name,
      ...files,
      setupFiles: [WHOLE_RUN, PATIENCE, "packages/testkit/src/worlds/clean-process.ts"],
      environment: "node",
      // Half of the time of small files is their processes'.
      isolate: false,
      // Sound is computed in real amounts, beside another worker, and on any machine.
      testTimeout: 60_000,
    },
  });

  // For .ci/run, which counts.
  const report = process.env.RTVI_MACHINE_TEST_REPORT;
  const json: [string, Record<string, unknown>][] = report === undefined ? [] : [["json", { outputFile: report }]];

  return {
    test: {
      reporters: ["default", new SecretReporter(), ...json],
      sequence: { sequencer: InOrder },
      // Vitest leaves one core to itself; but tests wait for a third of their time, and few of them at a time are slow on a small machine.
      maxWorkers: availableParallelism() + 1,
      projects: [
        nodeProject("unit", { include: ["test/{unit,graph,inspect}/**/*.test.ts"], exclude: LONG_RUNS }),
        nodeProject("long", { include: LONG_RUNS }),
        {
          resolve: { alias: BY_NAME },
          test: {
            name: "pages",
            setupFiles: [WHOLE_RUN, PATIENCE, "packages/testkit/src/worlds/clean-process.ts"],
            environment: "node",
            include: ["test/{examples,foreign-pages}/**/*.test.ts"],
            // Each page has a browser and a server of its own, and people who wait for an answer give up.
            sequence: { groupOrder: 2 },
            maxWorkers: 2,
            maxConcurrency: 2,
            testTimeout: 60_000,
          },
        },
        {
          test: {
            name: "faults",
            setupFiles: [WHOLE_RUN, PATIENCE],
            environment: "node",
            include: ["test/faults/**/*.test.ts"],
            // Faults wait far more than they compute; what they wait for is timed, and nothing else runs meanwhile.
            sequence: { groupOrder: 1 },
            fileParallelism: false,
            maxConcurrency: 4,
            testTimeout: 30_000,
          },
        },
        {
          resolve: { alias: BY_NAME },
          test: {
            name: "adapter",
            isolate: false,
            testTimeout: 30_000,
            setupFiles: [WHOLE_RUN, PATIENCE],
            environment: "jsdom",
            include: ["test/{adapter,conformance}/**/*.test.ts"],
          },
        },
        {
          test: {
            name: "types",
            include: [],
            typecheck: {
              enabled: true,
              only: true,
              // The compiler in Go, under the name that its package gives it.
              checker: source("node_modules/typescript-7/bin/tsc"),
              include: ["test/types/**/*.test-d.ts"],
              tsconfig: "test/tsconfig.json",
            },
          },
        },
        browserProject("browser", granted, 3, { exclude: CONVERSATIONS }),
        browserProject("browser-conversations", granted, 4, { include: CONVERSATIONS, maxWorkers: 2 }),
        browserProject(DENIED, denied, 5),
      ],
    },
  };
});
