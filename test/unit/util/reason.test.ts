import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../src/errors.js";
import { because, reasonOf } from "../../../src/util/reason.js";
import { readProvided } from "../../../src/util/credential-source.js";

const request = { attempt: 1, signal: new AbortController().signal };
const failed = async (source: () => unknown): Promise<Error> => {
  const thrown: unknown = await readProvided("api_key", source, request, () => {
    throw new InvalidOptionsError("no key");
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
    ["of an option", Promise.resolve("sk_1"), "`api_key` must not be a promise: await it first."],
    [
      "of a function",
      () => ({ json: () => undefined }),
      "What the `api_key` function returns must not be a Response: pass `await response.json()`.",
    ],
  ])("says whose value it has to wait for: %s", async (_what, source, message) => {
    const read = readProvided("api_key", source, request, String);
    await expect(read).rejects.toThrow(message);
  });

  it.each([
    { error: { message: "Incorrect API key provided.", type: "invalid_request_error", code: "invalid_api_key" } },
    { error: { message: "You didn't provide an API key.", code: 401 } },
    { error: { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT" } },
    { error: { code: 403, message: "No access.", status: "PERMISSION_DENIED" } },
    { detail: "Unauthorized" },
  ])("tells a key that was refused: $error.message", async (answer) => {
    const words = "detail" in answer ? "Unauthorized" : answer.error.message;
    const message = `The server that the \`api_key\` function asks was refused: ${words}`;
    expect(await failed(() => answer)).toMatchObject({ name: "AuthenticationError", message });
  });

  it.each([{}, { ok: true }])("says that the answer %j holds no credential", async (answer) => {
    const message =
      "The `api_key` function answered with an object that holds no credential: return the secret itself, or what the service answered.";
    expect(await failed(() => answer)).toMatchObject({ name: "AuthenticationError", message });
  });

  it("says what an answer is likely to be that is no JSON", async () => {
    const error = await failed(() => new Response("<html>").json());
    expect(error).toMatchObject({ name: "ConnectionFailedError", retryable: true });
    expect(error.message).toContain("is no JSON: is the token server running, and is this its address?");
  });

  it.each([
    "Unexpected token 'e', \"ek_hushhush1\" is not valid JSON",
    'JSON Parse error: Unexpected identifier "hushhush1hushhush1"',
  ])("shows nothing of a credential that is no JSON: %s", async (message) => {
    const error = await failed(rejects(new SyntaxError(message)));
    expect(error.message).toContain("[redacted]");
    expect(inspect(error)).not.toContain("hushhush1");
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
