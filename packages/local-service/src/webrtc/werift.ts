import type * as Werift from "werift";
import { optionalPackage } from "./optional-package.js";

/** The module, once it is loaded. */
export type WeriftModule = typeof Werift;

let loading: Promise<WeriftModule> | undefined;

/**
 * Loads werift, an optional peer dependency, on first use.
 * @throws Error that says how to install it.
 */
export function loadWerift(): Promise<WeriftModule> {
  loading ??= optionalPackage<WeriftModule>(() => import("werift"), "werift").catch((cause: unknown) => {
    loading = undefined;
    const problem =
      "WebRTC calls to the local service need the optional package `werift`. Run `npm install werift opusscript`.";
    throw new Error(problem, { cause });
  });
  return loading;
}
