import { describe, expect, it } from "vitest";
import { apply, mutantsOf } from "../../../../tools/mutate/mutants.js";

const taken = (code: string): readonly (readonly [string, string])[] =>
  mutantsOf("file.ts", code).map(({ kind, text }) => [kind, text]);

const without = (code: string, kind: string): string => {
  const mutant = mutantsOf("file.ts", code).find((each) => each.kind === kind);
  return mutant === undefined ? code : apply(code, mutant);
};

describe("mutantsOf", () => {
  it("takes guards, timeouts, actions and branches out of a chart", () => {
    const chart = `const chart = {
      entry: ["one", { type: "two" }],
      exit: "three",
      after: { soon: "a", late: { target: "b", guard: "may" } },
      always: [{ guard: "first", target: "c" }, { target: "d" }],
      on: { heard: { actions: "four" } },
    };`;
    expect(taken(chart)).toEqual([
      ["action", '"one"'],
      ["action", '{ type: "two" }'],
      ["action", 'exit: "three"'],
      ["timeout", 'soon: "a"'],
      ["timeout", 'late: { target: "b", guard: "may" }'],
      ["guard", 'guard: "may"'],
      ["branch", '{ guard: "first", target: "c" }'],
      ["branch", '{ target: "d" }'],
      ["guard", 'guard: "first"'],
      ["action", 'actions: "four"'],
    ]);
  });

  it("leaves the implementations of a setup alone", () => {
    expect(taken(`setup({ actions: { ring: () => bell(), quiet: assign({ n: 0 }) } })`)).toEqual([]);
  });

  it("takes statements out of a returned cleanup, each by itself", () => {
    expect(taken(`function start() { go(); return () => { first(); socket.close(); }; }`)).toEqual([
      ["cleanup", "first();"],
      ["cleanup", "socket.close();"],
    ]);
  });

  it("takes releases and early returns out of any function", () => {
    const code = `function f() {
      if (done) return;
      if (left) { note(); return 1; }
      if (kept) { note(); }
      if (either) return; else note();
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      note();
    }`;
    expect(taken(code)).toEqual([
      ["early return", "if (done) return;"],
      ["early return", "if (left) { note(); return 1; }"],
      ["guard", "if (kept) { note(); }"],
      ["release", "clearTimeout(timer);"],
      ["release", 'signal?.removeEventListener("abort", stop);'],
    ]);
  });

  it("takes timers and the end of listening out of any function", () => {
    const code = `function f() {
      timer = timers.setTimeout(ring, 1);
      signal.addEventListener("abort", stop);
      page.addEventListener("online", wake, { signal });
      page.addEventListener("offline", wake);
    }`;
    expect(taken(code)).toEqual([
      ["timeout", "timer = timers.setTimeout(ring, 1);"],
      ["cleanup", 'signal.addEventListener("abort", stop);'],
      ["cleanup", 'page.addEventListener("online", wake, { signal })'],
    ]);
  });

  it("numbers equals, and keeps an id when the code around changes", () => {
    const twice = `function f() { clearTimeout(a); clearTimeout(a); }`;
    const [first, second] = mutantsOf("file.ts", twice);
    expect(second?.id).toBe(`${first?.id ?? ""}-2`);
    expect(mutantsOf("file.ts", `const more = 1;\n${twice}`)[0]?.id).toBe(first?.id);
    expect(mutantsOf("other.ts", twice)[0]?.id).not.toBe(first?.id);
  });
});

describe("apply", () => {
  it("leaves code that still parses", () => {
    expect(without(`x({ guard: "may", target: "b" })`, "guard")).toBe(`x({  target: "b" })`);
    expect(without(`x({ target: "b", guard: "may" })`, "guard")).toBe(`x({ target: "b",  })`);
    expect(without(`if (a) clearTimeout(b);`, "release")).toBe(`if (a) ;`);
    expect(without(`if (a) ring();`, "guard")).toBe(`ring();`);
    expect(without(`page.addEventListener("online", wake, { signal });`, "cleanup")).toBe(
      `page.addEventListener("online", wake);`,
    );
    expect(without(`x({ entry: ["one", "two"] })`, "action")).toBe(`x({ entry: [ "two"] })`);
  });
});
