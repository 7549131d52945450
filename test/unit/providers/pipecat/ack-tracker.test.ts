import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { AckTracker } from "../../../../src/providers/pipecat/ack-tracker.js";

const send = (acks: AckTracker, ...ids: string[]): void => {
  for (const id of ids) acks.sent(new RTVIMessage("send-text", {}, id), 10);
};
const ids = (acks: AckTracker): string[] => acks.take().map(({ id }) => id);

/** Of a bot that is known to answer pings. */
function calibrated(limits?: { messages: number; size: number }): AckTracker {
  const acks = new AckTracker(limits);
  acks.begin();
  acks.pinged("first");
  acks.received("first");
  return acks;
}

describe("acks", () => {
  it("confirm what was sent before a ping that is answered, and nothing after it", () => {
    const acks = calibrated();
    send(acks, "a", "b");
    acks.pinged("ping");
    send(acks, "c");
    expect(acks.received("ping")).toBe(true);
    expect(ids(acks)).toEqual(["c"]);
    expect(ids(acks)).toEqual([]);
  });

  it("confirm with a later ping what an earlier one would have, and take each answer once", () => {
    const acks = calibrated();
    send(acks, "a");
    acks.pinged("one");
    send(acks, "b");
    acks.pinged("two");
    expect(acks.received("two")).toBe(true);
    expect(acks.received("two")).toBe(false);
    expect(ids(acks)).toEqual([]);
  });

  it("confirm a message by its own answer, and all before it", () => {
    const acks = calibrated();
    send(acks, "a", "b", "c");
    expect(acks.received("b")).toBe(false);
    expect(ids(acks)).toEqual(["c"]);
  });

  it("confirm nothing by what a bot says by itself, once it is known to answer", () => {
    const acks = calibrated();
    send(acks, "a");
    acks.received(undefined);
    acks.received("of somebody else");
    expect(ids(acks)).toEqual(["a"]);
    acks.sent({ label: "rtvi-ai", type: "send-text", data: {} } as RTVIMessage, 10);
    acks.received(undefined);
    expect(acks.take()).toHaveLength(1);
  });

  it("confirm everything by any word of a bot that has never answered a ping", () => {
    const acks = new AckTracker();
    acks.begin();
    acks.pinged("never answered");
    send(acks, "a", "b");
    expect([acks.wantsPing, acks.answersPings]).toEqual([false, false]);
    acks.received(undefined);
    send(acks, "c");
    expect(ids(acks)).toEqual(["c"]);
  });

  it("ask the bot of each connection anew whether it answers", () => {
    const acks = calibrated();
    acks.pinged("old");
    acks.begin();
    expect(acks.answersPings).toBe(false);
    expect(acks.received("old")).toBe(false);
    // The bot before did, and this one will be of its kind: what it says by itself is no proof yet.
    send(acks, "a");
    acks.received(undefined);
    expect(ids(acks)).toEqual(["a"]);
    // It was not.
    acks.begin();
    send(acks, "b");
    acks.received(undefined);
    expect(ids(acks)).toEqual([]);
  });

  it("forget a message that the connection has refused, and count on as if it had not been", () => {
    const acks = calibrated();
    const refused = new RTVIMessage("send-text", {}, "b");
    send(acks, "a");
    acks.sent(refused, 10);
    acks.pinged("ping");
    acks.unsent(refused);
    acks.unsent(refused);
    send(acks, "c");
    expect(acks.received("ping")).toBe(true);
    expect(ids(acks)).toEqual(["c"]);
  });

  it("confirm by a ping what was sent before it, though the connection refuses what comes after", () => {
    const acks = calibrated();
    const refused = new RTVIMessage("send-text", {}, "b");
    send(acks, "a");
    acks.pinged("ping");
    acks.sent(refused, 10);
    acks.unsent(refused);
    acks.received("ping");
    expect(ids(acks)).toEqual([]);
  });

  it("keep what was sent when the connection refuses a message that was not", () => {
    const acks = calibrated();
    send(acks, "a");
    acks.unsent(new RTVIMessage("send-text", {}, "b"));
    expect(ids(acks)).toEqual(["a"]);
  });

  it("want a ping when there is something to confirm and none is under way", () => {
    const acks = calibrated();
    expect(acks.wantsPing).toBe(false);
    send(acks, "a");
    expect(acks.wantsPing).toBe(true);
    acks.pinged("ping");
    send(acks, "b");
    expect(acks.wantsPing).toBe(false);
    acks.received("ping");
    expect(acks.wantsPing).toBe(true);
    acks.received("b");
    expect(acks.wantsPing).toBe(false);
  });

  it("wait for a later ping when an earlier one is answered", () => {
    const acks = calibrated();
    send(acks, "a");
    acks.pinged("one");
    send(acks, "b");
    acks.pinged("two");
    acks.received("one");
    expect(acks.wantsPing).toBe(false);
    expect(acks.received("two")).toBe(true);
    expect(ids(acks)).toEqual([]);
  });

  it.each([
    ["messages", { messages: 2, size: 1_000 }],
    ["bytes", { messages: 100, size: 20 }],
  ])("refuse more than so many %s, until the bot has confirmed some", (_what, limits) => {
    const acks = calibrated(limits);
    for (const id of ["a", "b"]) {
      expect(() => acks.admit()).not.toThrow();
      send(acks, id);
    }
    acks.pinged("ping");
    expect(() => acks.admit()).toThrow(new RegExp(`${limits.messages} messages or ${limits.size} bytes`));
    acks.received("ping");
    expect(() => acks.admit()).not.toThrow();
  });

  it.each([
    ["messages", { messages: 2, size: 1_000 }],
    ["bytes", { messages: 100, size: 25 }],
  ])("take the oldest for confirmed beyond so many %s, where the bot is not known to answer", (_what, limits) => {
    const acks = new AckTracker(limits);
    send(acks, "a", "b", "c");
    expect(() => acks.admit()).not.toThrow();
    expect(ids(acks)).toEqual(["b", "c"]);
  });

  it.each([
    ["messages", { messages: 2, size: 1_000 }],
    ["bytes", { messages: 100, size: 25 }],
  ])("take the oldest for confirmed beyond so many %s, when sent all the same", (_what, limits) => {
    const acks = calibrated(limits);
    send(acks, "a", "b", "c", "d");
    acks.pinged("ping");
    send(acks, "e");
    acks.received("ping");
    expect(ids(acks)).toEqual(["e"]);
    send(acks, "f", "g", "h");
    expect(ids(acks)).toEqual(["g", "h"]);
  });
});
