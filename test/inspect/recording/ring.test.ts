import { describe, expect, it } from "vitest";
import type { MessageEntry } from "../../../src/inspect/recording/recording.js";
import { Ring } from "../../../src/inspect/recording/ring.js";

const message = (type: string, at: number): MessageEntry => {
  return { kind: "message", at, direction: "received", type, size: 1, count: 1 };
};

describe("a recording's ring", () => {
  it("recording: counts a message with none that it has forgotten", () => {
    const ring = new Ring({ ms: 60_000, bytes: 1_000 });
    ring.add(message("first", 0));
    expect(ring.add(message("first", 1))).toBe(false);
    for (let other = 0; other < 100; other += 1) ring.add(message(`other ${other}`, 2));
    expect(ring.add(message("first", 3))).toBe(true);
    expect(ring.entries.at(-1)).toMatchObject({ type: "first", at: 3 });
  });
});
