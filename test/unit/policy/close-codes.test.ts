import { describe, expect, it } from "vitest";
import { AuthenticationError, ConnectionFailedError, ConnectionLostError } from "../../../src/errors.js";
import {
  closeOf,
  failedToOpen,
  isPrivateClose,
  isRetryableClose,
  isUnauthorizedClose,
} from "../../../src/policy/close-codes.js";

/** Every code that a peer may send or a browser may tell. */
const CODES = Array.from({ length: 4_000 }, (_, index) => 1_000 + index);

describe("close codes: what one tells by itself", () => {
  it("is worth another attempt where the network or the server was the cause", () => {
    expect(CODES.filter(isRetryableClose)).toEqual([1001, 1005, 1006, 1011, 1012, 1013, 1014]);
  });

  it("is never worth one where the credential was not accepted", () => {
    expect(CODES.filter(isUnauthorizedClose)).toEqual([3000, 3003, 4001, 4003, 4401, 4403]);
    expect(CODES.filter((code) => isUnauthorizedClose(code) && isRetryableClose(code))).toEqual([]);
  });

  it("is the application's own from 4000 to 4999", () => {
    expect([3999, 4000, 4999, 5000].map(isPrivateClose)).toEqual([false, true, true, false]);
  });
});

describe("close codes: a close before the connection had opened", () => {
  it("of a lost connection is one that could not be opened, with what the other side said", () => {
    const lost = new ConnectionLostError("lost", { closeCode: 1013, reason: "full", retryable: true });
    const failed = failedToOpen(lost, "the bot", "look at `wsUrl`.");
    expect(failed).toBeInstanceOf(ConnectionFailedError);
    expect(failed).toMatchObject({ closeCode: 1013, reason: "full", retryable: true });
    expect(failed.message).toBe("The connection to the bot could not be opened (code 1013: full): look at `wsUrl`.");
  });

  it("keeps what the service did say", () => {
    const refused = new AuthenticationError("refused", { closeCode: 4401 });
    expect(failedToOpen(refused, "the bot", "")).toBe(refused);
  });

  it("has its code, and its reason where there is one", () => {
    expect([closeOf(1006, ""), closeOf(1000, "bye")]).toEqual(["code 1006", "code 1000: bye"]);
  });
});
