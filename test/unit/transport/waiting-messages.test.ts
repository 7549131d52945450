import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { NotReadyError } from "../../../src/errors.js";
import { WaitingMessages } from "../../../src/transport/waiting-messages.js";

const message = (text: string) => new RTVIMessage("send-text", { content: text }, "id");

describe("WaitingMessages", () => {
  it("gives back what waits in order, once", () => {
    const waiting = new WaitingMessages();
    const all = ["a", "b", "c"].map(message);
    for (const one of all) waiting.put(one);
    expect([waiting.next(), waiting.next()]).toEqual(all.slice(0, 2));
    expect(waiting.isEmpty).toBe(false);
    expect(waiting.next()).toBe(all[2]);
    expect(waiting.isEmpty).toBe(true);
    expect(waiting.next()).toBeUndefined();
  });

  it("refuses what is one too many, names the limit, and keeps the rest", () => {
    const waiting = new WaitingMessages({ messages: 2, size: 10_000 });
    waiting.put(message("a"));
    waiting.put(message("b"));
    expect(() => waiting.put(message("c"))).toThrow("no more than 2 messages");
    expect(waiting.next()).toEqual(message("a"));
    expect(() => waiting.put(message("c"))).not.toThrow();
    expect(() => waiting.put(message("d"))).toThrow(NotReadyError);
  });

  it("counts what they weigh together", () => {
    const waiting = new WaitingMessages({ messages: 100, size: 300 });
    waiting.put(message("x".repeat(100)));
    expect(() => waiting.put(message("x".repeat(200)))).toThrow("300 characters");
    expect(() => waiting.put(message(""))).not.toThrow();
    waiting.next();
    expect(() => waiting.put(message("x".repeat(150)))).not.toThrow();
  });
});
