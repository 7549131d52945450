import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/util/json.js";

describe("JSON of a service", () => {
  it.each([
    '{"__proto__":{"x":1},"a":[{"__proto__":{"y":1},"b":2}]}',
    '{"\\u005f\\u005fproto__":{"x":1},"a":[{"__\\u0070roto__":{"y":1},"b":2}]}',
    '{"\\u005F_prot\\u006F__":1,"a":[{"b":2}]}',
  ])("brings no prototype: %s", (text) => {
    expect(JSON.stringify(parseJson(text))).toBe('{"a":[{"b":2}]}');
  });

  it.each(Array.from("__proto__", (_, at) => at))("brings none with its character %i escaped", (at) => {
    const code = "__proto__".charCodeAt(at).toString(16);
    const name = `${"__proto__".slice(0, at)}\\u00${code}${"__proto__".slice(at + 1)}`;
    expect(JSON.parse(`["${name}"]`)).toEqual(["__proto__"]);
    expect(JSON.stringify(parseJson(`{"${name}":{"x":1},"b":2}`))).toBe('{"b":2}');
  });

  it("is read at once where other characters are escaped, as in the padding of base64", () => {
    const deep = "[".repeat(50_000) + '"AA\\u003d\\u003d"' + "]".repeat(50_000);
    expect(parseJson(deep)).toHaveLength(1);
  });

  it("is otherwise what it is, also where it speaks of it, and however deep it lies", () => {
    expect(parseJson('{"text":"__proto__ \\u00e9 \\u4e2d","n":null}')).toEqual({ text: "__proto__ é 中", n: null });
    expect(parseJson("[".repeat(50_000) + "]".repeat(50_000))).toHaveLength(1);
    expect(() => parseJson("{")).toThrow(SyntaxError);
  });
});
