import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import * as library from "../../src/errors.js";
import { isRtviMachineError, ServiceError } from "../../src/errors.js";

type Errors = typeof library;
type Name = Exclude<keyof Errors, "isRtviMachineError" | "RtviMachineError">;

const NAMES = Object.keys(library).filter(
  (name) => !["isRtviMachineError", "RtviMachineError"].includes(name),
) as Name[];

/** Another copy of the library, minified as an app's build has it. */
async function minified(): Promise<Errors> {
  const { outputFiles } = await build({
    entryPoints: ["src/errors.ts"],
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    format: "cjs",
    external: ["@pipecat-ai/client-js"],
  });
  const module = { exports: {} as Errors };
  const { RTVIError } = await import("@pipecat-ai/client-js");
  const require = (): object => ({ RTVIError });
  runInContext(outputFiles[0]!.text, createContext({ module, require, Symbol }));
  return module.exports;
}

describe("errors", () => {
  it("errors: have their own names, in a minified build too", async () => {
    const copies = [library, await minified()];
    expect(NAMES.length).toBeGreaterThan(14);
    for (const copy of copies) {
      for (const name of NAMES) {
        const error = new copy[name]("why");
        expect([error.name, String(error)]).toEqual([name, `${name}: why`]);
      }
    }
  });

  it("errors: are known by those of another copy of the library", async () => {
    const other = await minified();
    for (const name of NAMES) {
      const error = new other[name]("why");
      expect(error).not.toBeInstanceOf(library.RtviMachineError);
      expect(isRtviMachineError(error)).toBe(true);
      expect(other.isRtviMachineError(new library[name]("why"))).toBe(true);
    }
  });

  it.each([undefined, null, "ServiceError", 42, {}, new Error("why"), { name: "ServiceError", code: "service-error" }])(
    "errors: %s is none",
    (value) => {
      expect(isRtviMachineError(value)).toBe(false);
    },
  );

  it("errors: a class of an app on top of one is one, and may have a name of its own", () => {
    class QuotaError extends ServiceError {
      override readonly name = "QuotaError";
    }
    expect(isRtviMachineError(new QuotaError("why"))).toBe(true);
    expect(String(new QuotaError("why"))).toBe("QuotaError: why");
  });
});
