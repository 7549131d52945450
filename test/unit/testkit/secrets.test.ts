import { describe, expect, it } from "vitest";
import { canary, LeakWatch, traceOfSecrets } from "../../../packages/testkit/src/secrets/secrets.js";

const KEY = canary();

function foundIn(value: unknown): string[] {
  const leaks = new LeakWatch();
  leaks.add("here", value);
  return leaks.find(KEY);
}

describe("LeakWatch", () => {
  it.each([
    ["raw", `Bearer ${KEY}`],
    ["URL-encoded", `wss://service.example/?key=${encodeURIComponent(KEY)}&model=m`],
    ["form-encoded", new URLSearchParams({ key: KEY }).toString()],
    ["with its end cut", `no such key: ${KEY.slice(0, 30)}`],
    ["base64 at the start", Buffer.from(`${KEY}, they said`).toString("base64")],
    ["base64 one byte in", Buffer.from(`"${KEY}"`).toString("base64")],
    ["base64 two bytes in", Buffer.from(`: ${KEY}.`).toString("base64")],
    ["base64url", Buffer.from(`key ${KEY}`).toString("base64url")],
    ["with its beginning blanked", `[redacted]${KEY.slice(KEY.indexOf("+"))}`],
  ])("finds a secret %s", (_form, text) => {
    expect(foundIn(text)).not.toEqual([]);
  });

  it.each([
    ["the message of an error", new Error(`bad key ${KEY}`)],
    ["its cause", new Error("no", { cause: new Error(KEY) })],
    ["the cause of its cause", new Error("no", { cause: { cause: { reason: KEY } } })],
    ["a field that JSON leaves out", Object.defineProperty({}, "hidden", { value: KEY, enumerable: false })],
    ["a list in an object", { frames: [{ url: `?token=${KEY}` }] }],
    ["a map", new Map([["key", { value: KEY }]])],
    ["bytes", new TextEncoder().encode(KEY)],
  ])("finds a secret in %s", (_where, value) => {
    expect(foundIn(value)).not.toEqual([]);
  });

  it("finds nothing where nothing is, also in objects that hold themselves", () => {
    const value: Record<string, unknown> = { key: "sk-another", n: 1, none: null };
    value.self = value;
    expect(foundIn(value)).toEqual([]);
    expect(foundIn(new Error("bad key [redacted]"))).toEqual([]);
  });

  it("says where it was", () => {
    const leaks = new LeakWatch();
    leaks.add("log warn", "all is well");
    leaks.add("event error", { data: KEY });
    expect(leaks.find(KEY)).toEqual(
      ["raw", "the former half", "the latter half"].map((form) => `event error: ${form}`),
    );
  });
});

describe("traceOfSecrets", () => {
  it.each([
    ["raw", `| reset | ${KEY} |`],
    ["URL-encoded", `?token=${encodeURIComponent(KEY)}`],
    ["form-encoded", new URLSearchParams({ token: KEY }).toString()],
    ["raw", `no such key: ${KEY.slice(0, 30)}`],
    ["base64 at 1", Buffer.from(`"${KEY}"`).toString("base64")],
  ])("finds the credential of any run %s", (form, text) => {
    expect(traceOfSecrets(text)).toContain(form);
  });

  it("finds nothing in a text without one", () => {
    expect(traceOfSecrets("| `quotes-the-credential` | ends: `unauthorized` | sk-another |")).toEqual([]);
  });
});
