import { DeviceError } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { ConnectionLostError, ProtocolError, ServiceError } from "../../../../src/errors.js";
import { errorMessage } from "../../../../src/transport/messages.js";
import { deviceErrorEvent, errorEvent, wasTold } from "../../../../src/compat/thrive/error-events.js";

const eventOf = (error: Error, fatal = false) => errorEvent(errorMessage(error, fatal).data);

describe("errorEvent", () => {
  it("has the shape of the service's own, and every fact", () => {
    expect(eventOf(new ConnectionLostError("Gone.", { closeCode: 1011, reason: "overloaded" }), true)).toEqual({
      type: "error",
      error: {
        type: "transport_error",
        code: "connection-lost",
        message: "Gone.",
        fatal: true,
        name: "ConnectionLostError",
        closeCode: 1011,
        reason: "overloaded",
      },
    });
    expect(eventOf(new ServiceError("No.", { serviceCode: "rate" })).error).toMatchObject({ serviceCode: "rate" });
    expect(errorEvent(undefined).error).toMatchObject({ type: "transport_error", fatal: false });
  });

  it("says which device, and why", () => {
    expect(deviceErrorEvent(new DeviceError(["mic"], "permissions", "Refused."))).toEqual({
      type: "error",
      error: { type: "device_error", code: "permissions", message: "Refused.", devices: ["mic"], fatal: false },
    });
  });
});

describe("wasTold", () => {
  const refused = new ServiceError("No.");
  it.each([
    ["error", refused, false, true],
    ["response.done", refused, false, true],
    ["conversation.item.input_audio_transcription.failed", refused, false, true],
    ["response.audio.delta", refused, false, false],
    [undefined, refused, false, false],
    ["error", refused, true, false],
    ["error", new ProtocolError("What?"), false, false],
    ["error", new ServiceError("Closed.", { closeCode: 4000 }), false, false],
  ])("after %s: %s, fatal %s: %s", (last, error, fatal, told) => {
    expect(wasTold(eventOf(error, fatal), last)).toBe(told);
  });
});
