import type * as Werift from "werift";

/** The module, once it is loaded. */
export type WeriftModule = typeof Werift;

let loading: Promise<WeriftModule> | undefined;

/**
 * Loads werift, an optional peer dependency, on first use.
 * @throws Error that says how to install it.
 */
export function loadWerift(): Promise<WeriftModule> {
  loading ??= import("werift").catch((cause: unknown) => {
    loading = undefined;
    throw new Error("WebRTC needs the optional package `werift`: npm install werift", { cause });
  });
  return loading;
}
