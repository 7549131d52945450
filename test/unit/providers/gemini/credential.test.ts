import { describe, expect, it } from "vitest";
import { AuthenticationError, ConnectionFailedError, InvalidOptionsError } from "../../../../src/errors.js";
import { socketUrl, resolveCredential } from "../../../../src/providers/gemini/credential.js";
import { planSession } from "../../../../src/providers/gemini/plan.js";
import { redactor } from "../../../../src/util/redact.js";

const request = { attempt: 1, signal: new AbortController().signal };
const url = (options: object, credential: string) =>
  socketUrl(planSession(options, undefined, { fresh: false }), credential);
const HOST = "wss://generativelanguage.googleapis.com/ws/google.ai.generativelanguage";

describe("the credential", () => {
  it.each<[unknown, string]>([
    ["AIza1", "AIza1"],
    [" AIza1\n", "AIza1"],
    [{ name: "auth_tokens/1" }, "auth_tokens/1"],
    [() => "AIza1", "AIza1"],
    [() => Promise.resolve({ name: "auth_tokens/1" }), "auth_tokens/1"],
  ])("is found (%#)", async (source, expected) => {
    expect(await resolveCredential(source, request)).toBe(expected);
  });

  it.each([undefined, null, "", "  ", () => undefined, () => ""])("is missed (%#)", async (source) => {
    await expect(resolveCredential(source, request)).rejects.toBeInstanceOf(AuthenticationError);
  });

  it.each([7, {}, "with space", "with\nline", "a&b", () => 7])("is refused without being told (%#)", async (source) => {
    await expect(resolveCredential(source, request)).rejects.toBeInstanceOf(InvalidOptionsError);
  });

  it("may come with the next attempt when its server is down", async () => {
    const failing = resolveCredential(() => Promise.reject(new TypeError("fetch failed")), request);
    await expect(failing).rejects.toBeInstanceOf(ConnectionFailedError);
    await expect(failing).rejects.toMatchObject({ retryable: true });
  });

  it.each<[unknown, string]>([
    [undefined, "AuthenticationError"],
    [" ", "AuthenticationError"],
    [{ hush: "hush-hush" }, "InvalidOptionsError"],
    ["upstream hush-hush", "InvalidOptionsError"],
  ])("may come with the next attempt when a redial is answered with %j, which is not quoted", async (answer, cause) => {
    const refused = resolveCredential(() => answer, { ...request, attempt: 2 });
    const error: unknown = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(error).toMatchObject({ retryable: true, cause: { name: cause } });
    expect((error as Error).message).toContain("`api_key`");
    expect(String(error) + String((error as Error).cause)).not.toContain("hush");
  });

  it.each([{}, ""])("may come with the next answer of connectionParams when the last was %j", async (source) => {
    const refused = resolveCredential(source, { ...request, attempt: 2 });
    await expect(refused).rejects.toMatchObject({ name: "ConnectionFailedError", retryable: true });
  });
});

describe("the address", () => {
  it.each([
    [{}, "AIza1", `${HOST}.v1beta.GenerativeService.BidiGenerateContent?key=AIza1`],
    [{ api_version: "v1" }, "AIza1", `${HOST}.v1.GenerativeService.BidiGenerateContent?key=AIza1`],
    [
      {},
      "auth_tokens/a",
      `${HOST}.v1alpha.GenerativeService.BidiGenerateContentConstrained?access_token=auth_tokens/a`,
    ],
    [
      { api_version: "v1beta" },
      "auth_tokens/a",
      `${HOST}.v1beta.GenerativeService.BidiGenerateContentConstrained?access_token=auth_tokens/a`,
    ],
    [
      { base_url: "http://localhost:1/gemini/" },
      "k",
      "ws://localhost:1/gemini/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k",
    ],
    [
      { base_url: "https://relay/BidiGenerateContent?room=1#x" },
      "a+b",
      "wss://relay/BidiGenerateContent?room=1&key=a%2Bb",
    ],
  ])("%j with %s", (options, credential, expected) => {
    expect(url(options, credential)).toBe(expected);
  });
});

describe("what is shown", () => {
  it("holds no key and no token, known or not", () => {
    const safe = redactor(["handle-123"]);
    expect(safe("key AIzaSyA-very_secret, auth_tokens/ab.c-d and handle-123 are bad")).toBe(
      "key [redacted], [redacted] and [redacted] are bad",
    );
  });
});
