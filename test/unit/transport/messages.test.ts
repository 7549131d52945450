import { MessageTooLargeError, RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { ConnectionLostError, InvalidOptionsError, ServiceError } from "../../../src/errors.js";
import { checkShape, errorMessage, errorResponse, sendingFault } from "../../../src/transport/messages.js";

describe("errorMessage", () => {
  it("carries the text under both names, the class and the code", () => {
    const message = errorMessage(new ConnectionLostError("gone", { closeCode: 1011, reason: "restart" }), false);
    expect(message).toMatchObject({
      type: "error",
      data: {
        error: "gone",
        message: "gone",
        fatal: false,
        name: "ConnectionLostError",
        code: "connection-lost",
        closeCode: 1011,
        reason: "restart",
      },
    });
  });

  it("carries the service's own code and an HTTP status", () => {
    const error = new ServiceError("slow down", { serviceCode: "rate_limit_exceeded", status: 429 });
    expect(errorMessage(error, true).data).toMatchObject({
      serviceCode: "rate_limit_exceeded",
      status: 429,
      fatal: true,
    });
  });

  it("takes an error that is not ours, without a code", () => {
    expect(errorMessage(new TypeError("odd"), false).data).toEqual({
      error: "odd",
      message: "odd",
      fatal: false,
      name: "TypeError",
    });
  });
});

describe("errorResponse", () => {
  it("keeps the id of the message that it answers", () => {
    const request = new RTVIMessage("dtmf", { buttons: ["1"] }, "abc");
    expect(errorResponse(request, new Error("no"))).toMatchObject({
      id: "abc",
      type: "error-response",
      data: { error: "no", msgType: "dtmf", fatal: false },
    });
  });
});

describe("messages: what cannot be sent", () => {
  const result = (value: unknown) =>
    new RTVIMessage("llm-function-call-result", { tool_call_id: "c1", result: value }, "id");

  it("is the result of a function that JSON cannot hold", () => {
    expect(sendingFault(result({ sunny: true }), 1_000)).toBeUndefined();
    expect(
      sendingFault(
        result(() => "sunny"),
        1_000,
      )?.message,
    ).toContain("result is what JSON cannot hold");
    expect(sendingFault(result(7n), 1_000)).toBeInstanceOf(InvalidOptionsError);
  });

  it("is what is larger than a message may be", () => {
    expect(sendingFault(result("x".repeat(1_000)), 1_000)).toBeInstanceOf(MessageTooLargeError);
  });

  it("is what is no message", () => {
    expect(() => checkShape({ type: 7 })).toThrow(InvalidOptionsError);
    expect(() => checkShape(null)).toThrow(InvalidOptionsError);
    expect(() => checkShape(result(1))).not.toThrow();
  });
});
