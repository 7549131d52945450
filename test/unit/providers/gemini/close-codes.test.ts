import { describe, expect, it } from "vitest";
import {
  AuthenticationError,
  ConnectionFailedError,
  ConnectionLostError,
  ServiceError,
} from "../../../../src/errors.js";
import { beginsAnew, closeError, connectError } from "../../../../src/providers/gemini/close-codes.js";
import { redactor } from "../../../../src/util/redact.js";

const redact = redactor([]);
const WAS = { ready: true, resumed: false, resumable: false, mayBeginAnew: true };

describe("a close of the service", () => {
  it.each([
    [1000, "", {}, ServiceError, false],
    [1000, "", { resumable: true }, ServiceError, true],
    [1001, "", {}, ConnectionLostError, true],
    [1005, "", {}, ConnectionLostError, true],
    [1006, "", {}, ConnectionLostError, true],
    [1007, "API key not valid. Please pass a valid API key.", { resumed: true }, AuthenticationError, false],
    [1007, "API key expired. Please renew the API key.", {}, AuthenticationError, false],
    [1008, "Unauthenticated: invalid auth token", {}, AuthenticationError, false],
    [1007, "Request contains an invalid argument.", {}, ServiceError, false],
    [1007, "Request contains an invalid argument.", { resumed: true }, ServiceError, true],
    [1007, "Request contains an invalid argument.", { resumed: true, mayBeginAnew: false }, ServiceError, false],
    [1008, "models/x is not found for API version v1beta", { resumed: true }, ServiceError, false],
    [1008, "Operation is not implemented, or supported, or enabled.", {}, ServiceError, true],
    [1008, "Operation is not implemented, or supported, or enabled.", { ready: false }, ServiceError, false],
    [1008, "BidiGenerateContent session not found", { ready: false, resumed: true }, ServiceError, true],
    [1011, "Internal error encountered.", {}, ConnectionLostError, true],
    [1011, "Deadline expired before operation could complete.", {}, ConnectionLostError, true],
    [1011, "You exceeded your current quota, please check your plan and billing details", {}, ServiceError, false],
    [1013, "", {}, ConnectionLostError, true],
    [4321, "who knows", {}, ServiceError, false],
    [4401, "who knows", {}, AuthenticationError, false],
    [4403, "models/x is not found for API version v1beta", {}, ServiceError, false],
  ])("%i %j %j", (code, reason, was, kind, retryable) => {
    const error = closeError(code, reason, redact, { ...WAS, ...was });
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ closeCode: code, reason, retryable });
    expect(error.message).toContain(String(code));
    expect(error.message).toContain(reason);
  });

  it.each([
    [1011, "You exceeded your current quota", "quota"],
    [1008, "models/x is not found for API version v1beta", "model_not_found"],
    [1007, "Request contains an invalid argument.", "1007"],
  ])("%i %j has the code %s", (code, reason, serviceCode) => {
    expect(closeError(code, reason, redact, WAS)).toMatchObject({ serviceCode });
  });

  it("begins anew only where a table says so", () => {
    expect(beginsAnew(1007, "x", { ...WAS, resumed: true })).toBe(true);
    expect(beginsAnew(1007, "x", WAS)).toBe(false);
    expect(beginsAnew(1008, "quota", { ...WAS, resumed: true })).toBe(false);
    expect(beginsAnew(1011, "x", { ...WAS, resumed: true })).toBe(false);
  });

  it("shows no key", () => {
    const error = closeError(1007, "bad key AIzaSyTheSecretKey", redact, WAS);
    expect(JSON.stringify([error.message, error.reason])).not.toContain("AIza");
  });
});

describe("a close before the opening", () => {
  it("names what may be wrong", () => {
    const error = connectError(1006, "", redact, { ...WAS, ready: false });
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(error.retryable).toBe(true);
    expect(error.message).toContain("api_key");
    expect(connectError(1008, "models/x is not found", redact, WAS)).toBeInstanceOf(ServiceError);
  });
});
