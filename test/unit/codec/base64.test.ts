import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { decodeBase64, encodeBase64 } from "../../../src/codec/base64.js";
import { ProtocolError } from "../../../src/errors.js";

describe("base64", () => {
  it("agrees with Node's on any bytes, both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(encodeBase64(bytes)).toBe(text);
        expect([...decodeBase64(text)]).toEqual([...bytes]);
      }),
    );
  });

  it("encodes only the view that it is given", () => {
    expect(encodeBase64(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toBe("AgM=");
  });

  it("reads the alphabet for URLs, too", () => {
    expect([...decodeBase64("-_-_")]).toEqual([...decodeBase64("+/+/")]);
    expect([...decodeBase64("-_8")]).toEqual([0xfb, 0xff]);
  });

  it("accepts missing padding and white space", () => {
    expect([...decodeBase64("Ag M\n")]).toEqual([2, 3]);
  });

  it.each(["%%%%", "A", "AB=C", "äöü="])("throws ProtocolError on %j, without quoting it", (text) => {
    let caught: unknown;
    try {
      decodeBase64(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ProtocolError);
    expect(String(caught)).not.toContain(text === "A" ? "“A”" : text);
  });

  describe("where the runtime has it natively", () => {
    const native: { fromBase64?: unknown } = Uint8Array as never;

    afterEach(() => {
      delete native.fromBase64;
    });

    it("is left to the runtime", () => {
      const bytes = Object.assign(Uint8Array.of(1), { toBase64: () => "native" });
      expect(encodeBase64(bytes)).toBe("native");
      const fromBase64 = vi.fn(() => Uint8Array.of(7));
      native.fromBase64 = fromBase64;
      expect([...decodeBase64("Bw==")]).toEqual([7]);
      expect(fromBase64).toHaveBeenCalledWith("Bw==");
    });

    it("turns the runtime's refusal into a ProtocolError", () => {
      native.fromBase64 = () => {
        throw new SyntaxError("no");
      };
      expect(() => decodeBase64("Bw==")).toThrow(ProtocolError);
    });
  });
});
