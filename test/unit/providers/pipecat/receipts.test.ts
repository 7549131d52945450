import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { Receipts } from "../../../../src/providers/pipecat/receipts.js";

const send = (receipts: Receipts, ...ids: string[]): void => {
  for (const id of ids) receipts.sent(new RTVIMessage("send-text", {}, id), 10);
};
const ids = (receipts: Receipts): string[] => receipts.take().map(({ id }) => id);

/** Of a bot that is known to answer pings. */
function calibrated(limits?: { messages: number; size: number }): Receipts {
  const receipts = new Receipts(limits);
  receipts.begin();
  receipts.pinged("first");
  receipts.heard("first");
  return receipts;
}

describe("receipts", () => {
  it("confirm what was sent before a ping that is answered, and nothing after it", () => {
    const receipts = calibrated();
    send(receipts, "a", "b");
    receipts.pinged("ping");
    send(receipts, "c");
    expect(receipts.heard("ping")).toBe(true);
    expect(ids(receipts)).toEqual(["c"]);
    expect(ids(receipts)).toEqual([]);
  });

  it("confirm with a later ping what an earlier one would have, and take each answer once", () => {
    const receipts = calibrated();
    send(receipts, "a");
    receipts.pinged("one");
    send(receipts, "b");
    receipts.pinged("two");
    expect(receipts.heard("two")).toBe(true);
    expect(receipts.heard("two")).toBe(false);
    expect(ids(receipts)).toEqual([]);
  });

  it("confirm a message by its own answer, and all before it", () => {
    const receipts = calibrated();
    send(receipts, "a", "b", "c");
    expect(receipts.heard("b")).toBe(false);
    expect(ids(receipts)).toEqual(["c"]);
  });

  it("confirm nothing by what a bot says by itself, once it is known to answer", () => {
    const receipts = calibrated();
    send(receipts, "a");
    receipts.heard(undefined);
    receipts.heard("of somebody else");
    expect(ids(receipts)).toEqual(["a"]);
  });

  it("confirm everything by any word of a bot that has never answered a ping", () => {
    const receipts = new Receipts();
    receipts.begin();
    receipts.pinged("never answered");
    send(receipts, "a", "b");
    expect([receipts.wantsPing, receipts.answersPings]).toEqual([false, false]);
    receipts.heard(undefined);
    send(receipts, "c");
    expect(ids(receipts)).toEqual(["c"]);
  });

  it("ask the bot of each connection anew whether it answers", () => {
    const receipts = calibrated();
    receipts.pinged("old");
    receipts.begin();
    expect(receipts.answersPings).toBe(false);
    expect(receipts.heard("old")).toBe(false);
    // The bot before did, and this one will be of its kind: what it says by itself is no proof yet.
    send(receipts, "a");
    receipts.heard(undefined);
    expect(ids(receipts)).toEqual(["a"]);
    // It was not.
    receipts.begin();
    send(receipts, "b");
    receipts.heard(undefined);
    expect(ids(receipts)).toEqual([]);
  });

  it("expect nothing of the bot of another session", () => {
    const receipts = calibrated();
    receipts.end();
    receipts.begin();
    send(receipts, "a");
    receipts.heard(undefined);
    expect(ids(receipts)).toEqual([]);
  });

  it("want a ping when there is something to confirm and none is under way", () => {
    const receipts = calibrated();
    expect(receipts.wantsPing).toBe(false);
    send(receipts, "a");
    expect(receipts.wantsPing).toBe(true);
    receipts.pinged("ping");
    send(receipts, "b");
    expect(receipts.wantsPing).toBe(false);
    receipts.heard("ping");
    expect(receipts.wantsPing).toBe(true);
    receipts.heard("b");
    expect(receipts.wantsPing).toBe(false);
  });

  it("wait for a later ping when an earlier one is answered", () => {
    const receipts = calibrated();
    send(receipts, "a");
    receipts.pinged("one");
    send(receipts, "b");
    receipts.pinged("two");
    receipts.heard("one");
    expect(receipts.wantsPing).toBe(false);
    expect(receipts.heard("two")).toBe(true);
    expect(ids(receipts)).toEqual([]);
  });

  it.each([
    ["messages", { messages: 2, size: 1_000 }],
    ["bytes", { messages: 100, size: 20 }],
  ])("refuse more than so many %s, until the bot has confirmed some", (_what, limits) => {
    const receipts = calibrated(limits);
    for (const id of ["a", "b"]) {
      expect(() => receipts.admit()).not.toThrow();
      send(receipts, id);
    }
    receipts.pinged("ping");
    expect(() => receipts.admit()).toThrow(new RegExp(`${limits.messages} messages or ${limits.size} bytes`));
    receipts.heard("ping");
    expect(() => receipts.admit()).not.toThrow();
  });

  it.each([
    ["messages", { messages: 2, size: 1_000 }],
    ["bytes", { messages: 100, size: 25 }],
  ])("take the oldest for confirmed beyond so many %s, where the bot is not known to answer", (_what, limits) => {
    const receipts = new Receipts(limits);
    send(receipts, "a", "b", "c");
    expect(() => receipts.admit()).not.toThrow();
    expect(ids(receipts)).toEqual(["b", "c"]);
  });

  it.each([
    ["messages", { messages: 2, size: 1_000 }],
    ["bytes", { messages: 100, size: 25 }],
  ])("take the oldest for confirmed beyond so many %s, when sent all the same", (_what, limits) => {
    const receipts = calibrated(limits);
    send(receipts, "a", "b", "c", "d");
    receipts.pinged("ping");
    send(receipts, "e");
    receipts.heard("ping");
    expect(ids(receipts)).toEqual(["e"]);
    send(receipts, "f", "g", "h");
    expect(ids(receipts)).toEqual(["g", "h"]);
  });
});
