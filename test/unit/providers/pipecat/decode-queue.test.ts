import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../../src/errors.js";
import { DecodeQueue } from "../../../../src/providers/pipecat/decode-queue.js";
import type { Decoded, WebSocketSerializer } from "../../../../src/providers/pipecat/serializer.js";
import { turn } from "./rig.js";

const RAW: Decoded = { type: "raw", message: 1 };

/** A queue, and what came of its messages. */
function queueWith(deserialize: WebSocketSerializer["deserialize"]) {
  const told: string[] = [];
  const serializer = { serialize: String, serializeAudio: String, serializeMessage: String, deserialize };
  const queue = new DecodeQueue(serializer, {
    received: () => void told.push("received"),
    failed: () => void told.push("failed"),
    stuck: () => void told.push("stuck"),
  });
  return { queue, told };
}

describe("a queue of messages for the serializer", () => {
  it("tells of both, what was read and what could not be", async () => {
    const { queue, told } = queueWith((data) =>
      data === "good" ? Promise.resolve(RAW) : Promise.reject(new ProtocolError("no")),
    );
    for (const data of ["good", "bad", "good"]) queue.take(data);
    await turn();
    expect(told).toEqual(["received", "failed", "received"]);
  });

  it.each<[string, () => Promise<Decoded>]>([
    ["read", () => Promise.resolve(RAW)],
    ["refused", () => Promise.reject(new ProtocolError("no"))],
  ])("that is closed while a message is %s tells nothing of it", async (_what, outcome) => {
    let end: () => void = () => undefined;
    const { queue, told } = queueWith(() => new Promise<void>((resolve) => (end = resolve)).then(outcome));
    queue.take("x");
    await turn();
    queue.close();
    end();
    await turn();
    expect(told).toEqual([]);
  });

  it("that is full says so once, and reads nothing more", async () => {
    const { queue, told } = queueWith(() => Promise.resolve(RAW));
    for (let count = 0; count < 10_000; count += 1) queue.take("x");
    await turn();
    expect(told).toEqual(["stuck"]);
  });
});
