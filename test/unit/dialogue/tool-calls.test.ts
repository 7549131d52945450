import { describe, expect, it, vi } from "vitest";
import { EffectSink } from "../../../src/dialogue/effects.js";
import { ToolCalls } from "../../../src/dialogue/tool-calls.js";
import { runningTurns } from "../../../packages/testkit/src/models/running-turns.js";
import { redactor } from "../../../src/util/redact.js";

function connection(proceed: () => void): ToolCalls {
  return new ToolCalls(new EffectSink(runningTurns()), {
    service: "A service",
    redact: redactor([]),
    answer: () => "",
    proceed,
  });
}

describe("function calls: calls that outlive their connections", () => {
  it("are kept apart, where each service gives its responses the same ids", () => {
    const proceed = vi.fn();
    let calls = connection(proceed);
    for (const callId of ["c1", "c2", "c3"]) {
      calls.complete("r1", callId, "f", "{}");
      calls.suspend();
      const next = connection(proceed);
      expect(next.adopt(calls)).toContain(callId);
      calls = next;
    }
    for (const [index, callId] of ["c1", "c2", "c3"].entries()) {
      expect(calls.result(callId, 0)).toBe(true);
      expect(proceed).toHaveBeenCalledTimes(index + 1);
    }
  });
});
