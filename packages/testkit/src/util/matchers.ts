import { expect } from "vitest";

// Vitest types its own as `any`, which would spread.

/** Any string that matches. */
export function like(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
