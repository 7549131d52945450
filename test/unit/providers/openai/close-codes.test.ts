import { describe, expect, it } from "vitest";
import {
  AuthenticationError,
  ConnectionFailedError,
  ConnectionLostError,
  ServiceError,
} from "../../../../src/errors.js";
import { closeError, connectError, httpError } from "../../../../src/providers/openai/close-codes.js";
import { redactor } from "../../../../src/util/redact.js";

const redact = redactor(["ek_the_secret"]);

describe("closeError", () => {
  it.each([
    [1000, "", ConnectionLostError, false],
    [1001, "", ConnectionLostError, true],
    [1001, "Your session hit the maximum duration of 60 minutes.", ServiceError, true],
    [1002, "", ConnectionLostError, false],
    [1005, "", ConnectionLostError, true],
    [1006, "", ConnectionLostError, true],
    [1007, "", ConnectionLostError, false],
    [1008, "", ConnectionLostError, false],
    [1009, "", ConnectionLostError, false],
    [1011, "", ConnectionLostError, true],
    [1012, "", ConnectionLostError, true],
    [1013, "", ConnectionLostError, true],
    [3000, "invalid_request_error.invalid_api_key", AuthenticationError, false],
    [4000, "beta_api_shape_disabled", ServiceError, false],
    [4000, "", ServiceError, false],
    [4001, "", AuthenticationError, false],
    [4401, "", AuthenticationError, false],
    [1011, "Incorrect API key provided: ek_the_secret", AuthenticationError, false],
    [1006, "session_expired", ServiceError, true],
  ])("%d %j", (code, reason, ErrorClass, retryable) => {
    const error = closeError(code, reason, redact);
    expect(error.constructor).toBe(ErrorClass);
    expect(error).toMatchObject({ retryable, closeCode: code });
    expect(error.message).toContain(String(code));
    expect(JSON.stringify([error.message, error.reason])).not.toContain("ek_the_secret");
  });

  it("knows the session's end by its code", () => {
    expect(closeError(1001, "maximum duration", redact)).toMatchObject({ serviceCode: "session_expired" });
    expect(closeError(4000, "beta_api_shape_disabled", redact)).toMatchObject({
      serviceCode: "beta_api_shape_disabled",
    });
  });
});

describe("connectError", () => {
  it("does not pretend to know more than the browser", () => {
    const error = connectError(1006, "", redact);
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(error.message).toContain("api_key");
    expect(error).toMatchObject({ closeCode: 1006, retryable: true });
  });

  it("takes a reason where there is one", () => {
    expect(connectError(1006, "Unauthorized", redact)).toBeInstanceOf(AuthenticationError);
    expect(connectError(1002, "odd", redact).message).toContain("1002: odd");
  });
});

describe("httpError", () => {
  it.each([
    [401, undefined, AuthenticationError, false],
    [403, undefined, AuthenticationError, false],
    [400, "invalid_offer", ServiceError, false],
    [404, "model_not_found", ServiceError, false],
    [408, undefined, ServiceError, true],
    [429, "rate_limit_exceeded", ServiceError, true],
    [429, "insufficient_quota", ServiceError, false],
    [500, undefined, ServiceError, true],
    [503, undefined, ServiceError, true],
  ])("%d %s", (status, code, ErrorClass, retryable) => {
    const error = httpError(status, "said ek_the_secret", code, redact);
    expect(error).toBeInstanceOf(ErrorClass);
    expect(error).toMatchObject({ status, retryable });
    expect(error.message).toContain(`HTTP ${status}: said [redacted]`);
    if (error instanceof ServiceError) expect(error.serviceCode).toBe(code);
  });
});
