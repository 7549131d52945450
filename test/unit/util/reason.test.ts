import { describe, expect, it } from "vitest";
import { because, reasonOf } from "../../../src/util/reason.js";
import { readProvided } from "../../../src/util/credential-source.js";

const request = { attempt: 1, signal: new AbortController().signal };
const failed = async (source: () => unknown): Promise<Error> => {
  const thrown: unknown = await readProvided("api_key", source, request, () => {
    throw new Error("no key");
  }).catch((error: unknown) => error);
  return thrown as Error;
};
const rejects = (error: unknown) => () => {
  throw error;
};

describe("reasons: a function of the app that fails", () => {
  it.each([
    ["an error", rejects(new TypeError("fetch failed")), "The `api_key` function failed: fetch failed"],
    ["a text", rejects("HTTP 503"), "The `api_key` function failed: HTTP 503"],
    ["JSON", rejects({ error: { message: "quota exceeded" } }), "The `api_key` function failed: quota exceeded"],
    ["nothing", rejects(undefined), "The `api_key` function failed; see `cause`."],
    [
      "an answer that is an error",
      () => ({ error: { code: 429, message: "quota exceeded" } }),
      "The `api_key` function answered with an error: quota exceeded",
    ],
    [
      "an answer with a detail",
      () => ({ detail: "not logged in" }),
      "The `api_key` function answered with an error: not logged in",
    ],
  ])("names it: %s", async (_what, source, message) => {
    expect(await failed(source)).toMatchObject({ name: "ConnectionFailedError", retryable: true, message });
  });

  it.each([
    "https://x.test/token?key=hushhush1&b=2 failed",
    "Bearer hushhush1 refused",
    "wss://hushhush1@x.test/ws",
    "Incorrect API key provided: sk-hushhush1",
    "ek_hushhush1 expired",
    "AIzahushhush1 is not valid",
    "no such token hushhush1hushhush1hushhush1",
  ])("shows no credential: %s", (text) => {
    expect(reasonOf(new Error(text))).not.toContain("hushhush1");
    expect(because("It failed", { message: text })).toContain("[redacted]");
  });

  it("is short", () => {
    expect(reasonOf("word ".repeat(1_000))?.length).toBeLessThanOrEqual(300);
  });
});
