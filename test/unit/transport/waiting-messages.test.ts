import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { NotReadyError } from "../../../src/errors.js";
import { Outbox } from "../../../src/transport/waiting-messages.js";

const message = (text: string) => new RTVIMessage("send-text", { content: text }, "id");

describe("Outbox", () => {
  it("gives back what waits in order, once", () => {
    const outbox = new Outbox();
    const all = ["a", "b", "c"].map(message);
    for (const one of all) outbox.put(one);
    expect([outbox.next(), outbox.next()]).toEqual(all.slice(0, 2));
    expect(outbox.isEmpty).toBe(false);
    expect(outbox.next()).toBe(all[2]);
    expect(outbox.isEmpty).toBe(true);
    expect(outbox.next()).toBeUndefined();
  });

  it("refuses what is one too many, names the limit, and keeps the rest", () => {
    const outbox = new Outbox({ messages: 2, size: 10_000 });
    outbox.put(message("a"));
    outbox.put(message("b"));
    expect(() => outbox.put(message("c"))).toThrow("no more than 2 messages");
    expect(outbox.next()).toEqual(message("a"));
    expect(() => outbox.put(message("c"))).not.toThrow();
    expect(() => outbox.put(message("d"))).toThrow(NotReadyError);
  });

  it("counts what they weigh together", () => {
    const outbox = new Outbox({ messages: 100, size: 300 });
    outbox.put(message("x".repeat(100)));
    expect(() => outbox.put(message("x".repeat(200)))).toThrow("300 characters");
    expect(() => outbox.put(message(""))).not.toThrow();
    outbox.next();
    expect(() => outbox.put(message("x".repeat(150)))).not.toThrow();
  });
});
