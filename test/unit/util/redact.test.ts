import { describe, expect, it } from "vitest";
import { redactor } from "../../../src/util/redact.js";

/** What URLs and forms escape differently, and what the two alphabets of base64 write differently. */
const KEY = "own/key!~'(>>>???)+ü=end";
const BLANK = "[redacted]";
const redact = redactor([KEY]);

describe("a text", () => {
  it.each([
    ["as it is", KEY],
    ["as a URL carries it", encodeURIComponent(KEY)],
    ["as a URL carries it that leaves slashes", encodeURIComponent(KEY).replaceAll("%2F", "/")],
    ["as a form carries it", new URLSearchParams({ k: KEY }).toString().slice(2)],
    ["in base64", Buffer.from(KEY).toString("base64")],
    ["in base64 without padding", Buffer.from(KEY).toString("base64").replace(/=+$/, "")],
    ["in base64url", Buffer.from(KEY).toString("base64url")],
  ])("shows nothing of a secret %s", (_form, quoted) => {
    expect(redact(`the key ${quoted}, and more`)).toBe(`the key ${BLANK}, and more`);
  });

  it.each(["", "u", "me", "you", "user:"])("shows nothing of a secret in base64 behind %j", (before) => {
    for (const encoding of ["base64", "base64url"] as const) {
      const shown = redact(`Basic ${Buffer.from(`${before}${KEY} and more`).toString(encoding)}.`);
      const rest = shown.replaceAll(BLANK, " ").split(" ");
      expect(shown).toContain(BLANK);
      for (const part of rest) expect(Buffer.from(part, encoding).toString()).not.toMatch(/own|key|end/);
    }
  });

  it.each([
    ["as it is", KEY],
    ["as a URL carries it", encodeURIComponent(KEY)],
    ["in base64", Buffer.from(KEY).toString("base64")],
  ])("shows nothing of a secret that is cut at its end, %s", (_form, quoted) => {
    for (let length = 12; length < quoted.length; length += 1) {
      expect(redact(`no such key: ${quoted.slice(0, length)}`)).toBe(`no such key: ${BLANK}`);
    }
    expect(redact(`no such key: ${quoted.slice(0, 11)}`)).toBe(`no such key: ${quoted.slice(0, 11)}`);
  });

  it.each([
    ["with an ellipsis", `${KEY.slice(0, 14)}...`],
    ["with stars", `${KEY.slice(0, 12)}********`],
    ["in quotes", `"${KEY.slice(0, 16)}"`],
  ])("shows nothing of a secret that is cut in the middle of the text, %s", (_form, quoted) => {
    expect(redact(`the key ${quoted} is wrong`)).not.toContain(KEY.slice(0, 12));
  });

  it.each([
    ["sk-abc***xyz", "sk-abc***xyz"],
    ["a JWT that is cut", "eyJhbGciOiJIUzI1NiJ9.eyJz***"],
    ["a header", "Bearer a1b2c3d4e5f6"],
    ["a header of a password", "Basic dXNlcjpwYXNzd29yZDE="],
    ["a key of Google's", "AIzaSyD-1234567890"],
  ])("shows nothing of what looks like a key: %s", (_what, quoted) => {
    expect(redactor([])(`refused: ${quoted}, and more`)).toBe(`refused: ${BLANK}, and more`);
  });

  it.each(["Bearer authentication is required", "Basic authorization is required", "the eye of the beholder"])(
    "keeps words: %s",
    (words) => {
      expect(redactor([])(words)).toBe(words);
    },
  );

  it("shows nothing of a cut secret that repeats itself", () => {
    const periodic = redactor(["abcdefghijkl".repeat(9)]);
    expect(periodic(`bad ${"abcdefghijkl".repeat(6)}abc`)).toBe(`bad ${BLANK}`);
  });

  it("shows nothing of either secret where one begins with the other", () => {
    const both = redactor(["first-part", "first-part-and-more"]);
    expect(both("first-part-and-more, first-part")).toBe(`${BLANK}, ${BLANK}`);
  });

  it.each(["long-enough-to-begin-alike/and=go+on", "long-enough-to-begin-alike%2Fand%3Dgo%2Bon"])(
    "shows nothing of a secret, nor of a part of it, that is also known as addresses have it: %s",
    (quoted) => {
      const both = redactor(["long-enough-to-begin-alike/and=go+on", "long-enough-to-begin-alike%2Fand%3Dgo%2Bon"]);
      expect(both(`the key ${quoted}, and more`)).toBe(`the key ${BLANK}, and more`);
      expect(both(`the key ${quoted.slice(0, -2)}`)).toBe(`the key ${BLANK}`);
    },
  );

  it("keeps words that hold a secret of three characters", () => {
    expect(redactor(["key", ""])("the key of a monkey")).toBe("the key of a monkey");
  });
});

describe("JSON", () => {
  it("is cleaned wherever a string or a name in it quotes a secret", () => {
    const quoting = { a: [{ b: `x ${KEY}` }, 1, null, [KEY]], [KEY]: true, n: "fine" };
    expect(redact.json(quoting)).toEqual({ a: [{ b: `x ${BLANK}` }, 1, null, [BLANK]], [BLANK]: true, n: "fine" });
    expect(redact.json(KEY)).toBe(BLANK);
  });

  it("stays the same object where it quotes none, however long its strings are", () => {
    const plain = { type: "x", delta: "AIza".repeat(50_000), list: [{ text: "sk-learn" }], none: null, n: 1 };
    expect(redact.json(plain)).toBe(plain);
    expect(redact.json(undefined)).toBeUndefined();
    const { list } = redact.json({ ...plain, bad: KEY }) as typeof plain;
    expect(list).toBe(plain.list);
  });

  it("shows what looks like a key outside of errors only: there it may be what somebody said", () => {
    const words = { text: "sk-learn", error: { message: "bad AIzaSy123456", more: ["sk-proj-12345"] } };
    expect(redact.json(words)).toEqual({ text: "sk-learn", error: { message: `bad ${BLANK}`, more: [BLANK] } });
    expect(redact.json({ text: "sk-proj-12345" }, true)).toEqual({ text: BLANK });
  });

  it("keeps a short secret outside of errors: it may be a word", () => {
    const short = redactor(["local"]);
    const said = { text: "a local bus", error: "bad key local" };
    expect(short.json(said)).toEqual({ text: "a local bus", error: `bad key ${BLANK}` });
  });

  it("is not looked at beyond a depth that nobody needs, nor shown", () => {
    let deep: unknown = KEY;
    for (let depth = 0; depth < 10_000; depth += 1) deep = depth % 2 === 0 ? [deep] : { deep };
    const shown = JSON.stringify(redact.json(deep));
    expect(shown).toContain(BLANK);
    expect(shown.length).toBeLessThan(1_000);
  });

  it("keeps a __proto__ that came as a field from becoming one", () => {
    const shown = redact.json(JSON.parse(`{"__proto__":{"admin":true},"key":${JSON.stringify(KEY)}}`));
    expect((shown as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.keys(shown as object)).toEqual(["__proto__", "key"]);
  });
});
