import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../../../tools/reliability/outcome.js";
import type { FaultReport } from "../../../../packages/testkit/src/faults/run/play-fault.js";

const well: FaultReport = {
  fault: "reset",
  subject: "theirs",
  states: ["connecting", "connected", "ready"],
  errors: [],
  continued: true,
  continuity: undefined,
  rested: "ready",
  endedBy: undefined,
  gapMs: 40,
  message: "delivered",
  pending: [],
  leftovers: [],
  mostSockets: 1,
  secrets: [],
};

describe("outcomeOf", () => {
  it.each<[string, Partial<FaultReport>]>([
    ["continues, < 0.1 s", {}],
    ["continues, < 3 s, the text is lost, 2 sockets", { gapMs: 1_500, message: "lost", mostSockets: 2 }],
    ["stays `ready`, nothing is heard again", { continued: false }],
    ["ends, `onError`", { continued: false, rested: "disconnected", errors: [{ code: "none", fatal: true }] }],
    ["`connect()` rejects", { continued: false, rested: "disconnected", states: ["connecting", "error"] }],
    [
      "`connect()` is pending after 4 s, and after `disconnect()`",
      { continued: false, rested: "connected", pending: ["connect()"] },
    ],
    ["ends, `disconnect()` is pending after 2 s", { continued: false, rested: "error", pending: ["disconnect()"] }],
    ["continues, < 0.1 s, holds 1 sockets", { leftovers: ["1 sockets"] }],
  ])("says: %s", (words, differs) => {
    expect(outcomeOf({ ...well, ...differs })).toBe(words);
  });
});
