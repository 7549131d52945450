import { describe, expect, it } from "vitest";
import { AuthenticationError, ConnectionLostError, ProtocolError, ServiceError } from "../../../../src/errors.js";
import { closeError, connectError, closeReasonRedactor } from "../../../../src/providers/pipecat/close-codes.js";

const plain = closeReasonRedactor([]);

describe("closeError", () => {
  it.each([
    [1000, ConnectionLostError, false, /bot ended the session/],
    [1001, ConnectionLostError, true, /going away/],
    [1002, ProtocolError, false, /serializer/],
    [1003, ProtocolError, false, /serializer/],
    [1005, ConnectionLostError, true, /closed/],
    [1006, ConnectionLostError, true, /lost/],
    [1007, ProtocolError, false, /serializer/],
    [1008, AuthenticationError, false, /token/],
    [1009, ConnectionLostError, false, /too large/],
    [1011, ConnectionLostError, true, /failed/],
    [1012, ConnectionLostError, true, /restarts/],
    [1013, ConnectionLostError, true, /one client at a time/],
    [1014, ConnectionLostError, true, /gateway/],
    [3000, AuthenticationError, false, /token/],
    [4003, AuthenticationError, false, /token/],
    [4401, AuthenticationError, false, /token/],
    [4321, ServiceError, false, /ended the session/],
    [3999, ConnectionLostError, false, /lost/],
  ])("%i", (code, type, retryable, message) => {
    const error = closeError(code, "why", plain);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ closeCode: code, reason: "why", retryable });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`code ${code}: why`);
  });

  it("never shows a secret, however the server quotes it", () => {
    const redact = closeReasonRedactor(["tok en", "tok%20en", ""]);
    const error = closeError(4003, "bad token tok en in ?token=tok%20en", redact);
    expect(error.message).not.toMatch(/tok en|tok%20en/);
    expect(error.reason).toBe("bad token [redacted] in ?token=[redacted]");
  });
});

describe("connectError", () => {
  it("says what a browser does not tell apart", () => {
    const error = connectError(1006, "", plain);
    expect(error).toMatchObject({
      name: "ConnectionFailedError",
      code: "connection-failed",
      retryable: true,
      closeCode: 1006,
    });
    expect(error.message).toMatch(/wsUrl.*token/);
  });

  it("keeps what the server did say", () => {
    expect(connectError(4003, "", plain)).toBeInstanceOf(AuthenticationError);
    expect(connectError(1013, "Server already has a connected client", plain).message).toContain("already has");
  });
});
