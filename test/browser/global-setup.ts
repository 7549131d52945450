import type { TestProject } from "vitest/node";
import { openStage } from "../support/stage-server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Where a page asks for local services: see `support/stage.ts`. */
    stageUrl: string;
    /** Whether a log that differs from a golden file rewrites it: see `scenario/golden.ts`. */
    updatesGolden: boolean;
  }
}

/** Runs in Node before the browser tests: whatever they need outside the page starts here, and ends with them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stage = await openStage();
  project.provide("stageUrl", stage.url);
  project.provide("updatesGolden", process.env.RTVI_MACHINE_GOLDEN === "update");
  return stage.close;
}
