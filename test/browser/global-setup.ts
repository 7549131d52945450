import { build } from "esbuild";
import type { TestProject } from "vitest/node";
import { openCallStage } from "../../packages/testkit/src/faults/calls/call-stage.js";
import type { FaultRow } from "../../packages/testkit/src/faults/catalogue/fault.js";
import { openStage } from "../../packages/testkit/src/worlds/stage-server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where a page asks for local services: see `browser/support/stage.ts`. */
    stageUrl: string;
    /** Where a page asks for faults of calls: see `calls/page-stage.ts`. */
    callStageUrl: string;
    /** The faults that calls are struck with. */
    callFaults: readonly FaultRow[];
    /** Whether a log that differs from a golden file rewrites it: see `scenario/golden.ts`. */
    updatesGolden: boolean;
    /** The receivers of the real inspectors as scripts, for pages that have nothing to do with the test's: see `inspect/`. */
    receivers: { readonly legacy: string; readonly stately: string };
  }
}

/** A script that puts what a module exports into the page's `viewer`. */
async function scriptOf(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "viewer",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** Runs in Node before the browser tests: whatever they need outside the page starts here, and ends with them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stage = await openStage();
  project.provide("stageUrl", stage.url);
  const calls = await openCallStage();
  project.provide("callStageUrl", calls.url);
  project.provide("callFaults", calls.rows);
  project.provide("updatesGolden", process.env.RTVI_MACHINE_GOLDEN === "update");
  project.provide("receivers", {
    legacy: await scriptOf('export { createWindowReceiver } from "./packages/legacy-viewer/src/index.ts";'),
    stately: await scriptOf('export { createBrowserReceiver } from "@statelyai/inspect";'),
  });
  return async () => {
    await Promise.all([stage.close(), calls.close()]);
  };
}
