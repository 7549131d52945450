import { describe, expect, it } from "vitest";
import { crashFault } from "../../../machines/crash.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";

const crashed = (error: unknown): string => crashFault("It crashed", { type: "xstate.error.actor", error }).message;

describe("crash: the fault of code that threw", () => {
  it("names its cause in plain words", () => {
    expect(crashed(new TypeError("source.addEventListener is not a function"))).toBe(
      "It crashed: TypeError: source.addEventListener is not a function",
    );
    expect(crashed(undefined)).toBe("It crashed.");
  });

  it.each([
    ["a key", (secret: string) => `The key ${secret} is wrong`],
    ["an address", (secret: string) => `The URL 'wss://x.test/?key=${encodeURIComponent(secret)}' is invalid.`],
    ["a header", (secret: string) => `Authorization:Bearer ${secret}`],
  ])("holds no credential: %s", (_what, words) => {
    const message = crashed(new Error(words(canary())));
    expect(message).toContain("[redacted]");
    expect(message).not.toContain("sings");
  });
});
