import { DeviceError } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { microphoneError, requireMediaDevices, toMicrophoneError } from "../../../src/media/device-errors.js";

describe("toMicrophoneError", () => {
  it.each([
    ["NotAllowedError", "permissions"],
    ["PermissionDeniedError", "permissions"],
    ["SecurityError", "permissions"],
    ["NotReadableError", "in-use"],
    ["AbortError", "in-use"],
    ["NotFoundError", "not-found"],
    ["OverconstrainedError", "constraints"],
    ["TypeError", "constraints"],
    ["WeirdError", "unknown"],
  ])("classes %s as %s", (name, type) => {
    const cause = new DOMException("because", name);
    const error = toMicrophoneError(cause);
    expect(error).toBeInstanceOf(DeviceError);
    expect(error).toMatchObject({ type, devices: ["mic"], details: { sourceError: cause } });
    expect(error.message).toContain("because");
  });

  it("takes what is no Error", () => {
    expect(toMicrophoneError({ name: "OverconstrainedError", constraint: "deviceId" }).type).toBe("constraints");
    expect(toMicrophoneError(undefined).type).toBe("unknown");
  });

  it("lets a DeviceError pass", () => {
    const error = microphoneError("in-use");
    expect(toMicrophoneError(error)).toBe(error);
  });
});

describe("requireMediaDevices", () => {
  it("says why there is none", () => {
    expect(() => requireMediaDevices(undefined)).toThrow(/navigator\.mediaDevices/);
    try {
      requireMediaDevices(undefined);
    } catch (error) {
      expect(error).toMatchObject({ type: "undefined-mediadevices" });
    }
  });
});
