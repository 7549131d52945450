import { DeviceError } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { ErrorRegistry } from "../../../src/actors/error-registry.js";
import { ConnectionFailedError, ConnectionLostError, ConnectTimeoutError, InternalError } from "../../../src/errors.js";

describe("ErrorRegistry", () => {
  it("gives the same error back, cause and all", () => {
    const book = new ErrorRegistry();
    const error = new ConnectionLostError("gone", { cause: new Error("why"), closeCode: 1006, retryable: true });
    const fault = book.record(error);
    expect(book.errorOf(fault)).toBe(error);
    expect(fault).toEqual({
      id: 1,
      code: "connection-lost",
      message: "gone",
      retryable: true,
      closeCode: 1006,
    });
  });

  it("makes facts that survive JSON, without stack or cause", () => {
    const fault = new ErrorRegistry().record(new ConnectionLostError("gone", { cause: new Error("secret inside") }));
    expect(JSON.parse(JSON.stringify(fault))).toEqual(fault);
    expect(JSON.stringify(fault)).not.toContain("secret");
  });

  it("takes anything that was thrown", () => {
    const book = new ErrorRegistry();
    expect(book.errorOf(book.record("just text"))).toBeInstanceOf(ConnectionFailedError);
    expect(book.record(new DeviceError(["mic"], "in-use"))).toMatchObject({
      code: "device-error",
      deviceError: "in-use",
    });
  });

  it("makes a typed error of a fault that a chart made itself", () => {
    const book = new ErrorRegistry();
    const timeout = { id: 0, code: "connect-timeout", message: "late", retryable: true } as const;
    expect(book.errorOf(timeout)).toBeInstanceOf(ConnectTimeoutError);
    expect(book.errorOf(null)).toBeInstanceOf(InternalError);
  });

  it("keeps a bounded number of errors, and rebuilds older ones from their facts", () => {
    const book = new ErrorRegistry();
    const first = book.record(new ConnectionFailedError("first", { cause: new Error("why") }));
    for (let count = 0; count < 100; count += 1) book.record(new Error("more"));
    const rebuilt = book.errorOf(first);
    expect(rebuilt).toBeInstanceOf(ConnectionFailedError);
    expect(rebuilt.message).toBe("first");
    expect(rebuilt.cause).toBeUndefined();
  });
});
