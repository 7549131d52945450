import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import type { Expects } from "../../../src/contracts/connection.js";
import { ProtocolError, ServiceError, type RtviMachineError } from "../../../src/errors.js";
import { INBOUND_LIMITS } from "../../../src/policy/token-bucket.js";
import { ServiceRuntime } from "../../../src/dialogue/runtime.js";
import type { ServiceConversation } from "../../../src/dialogue/service-conversation.js";

function rig(messages: readonly string[] = []) {
  const received: (string | ArrayBuffer)[] = [];
  const sent: string[] = [];
  const reported: RtviMachineError[] = [];
  let now = 0;
  const nothing = () => [];
  const told: string[] = [];
  const logged: string[] = [];
  const warned: string[] = [];
  const refused: string[] = [];
  let expects: Expects = "reply";
  const conversation: ServiceConversation = {
    isReady: true,
    get expects() {
      return expects;
    },
    receive: (data) => {
      received.push(data);
      expects = "nothing";
      if (data === "ready") return [{ type: "ready" }];
      const [kind, message = ""] = typeof data === "string" ? data.split(": ") : [];
      if (kind === "nonsense") return [{ type: "report", error: new ProtocolError(message) }];
      return kind === "trouble" ? [{ type: "report", error: new ServiceError(message) }] : [];
    },
    playback: nothing,
    cut: nothing,
    interrupt: nothing,
    message: ({ type, id }) =>
      type === "disconnect-bot"
        ? [{ type: "hang-up" }]
        : [
            { type: "send", event: { type } },
            { type: "deliver", message: { type: "told", id } },
          ],
    unsent: (effects) => effects.map(({ type }) => ({ type: "log", level: "debug", message: `unsent ${type}` })),
    end: nothing,
  };
  const ignore = (): void => undefined;
  const runtime = new ServiceRuntime<ServiceConversation>(
    {
      deliver: ({ type }) => told.push(type),
      play: ignore,
      interrupt: () => Promise.resolve([]),
      ready: () => {
        for (const type of messages) {
          if (type === "act") runtime.act((begun) => begun.message(new RTVIMessage(type, {})));
          else runtime.message(new RTVIMessage(type, {}), ({ message }) => refused.push(message));
        }
      },
      received: () => told.push("heard"),
      expects: (expects) => told.push(expects),
      report: (error) => reported.push(error),
      lost: ignore,
      close: () => {
        runtime.end();
      },
      logger: {
        debug: (line) => logged.push(line),
        info: ignore,
        warn: (line) => warned.push(line),
        error: ignore,
      },
    },
    "Acme",
    () => now,
  );
  let full = false;
  const begin = () =>
    runtime.begin(conversation, (text) => {
      if (full) throw new Error("full");
      sent.push(text);
    });
  const receive = begin();
  const fill = (): void => {
    full = true;
  };
  const pass = (ms: number) => (now += ms);
  return { begin, fill, logged, refused, received, sent, reported, receive, told, warned, runtime, pass };
}

describe("ServiceRuntime and what a service sends", () => {
  it("tells of every message that something was heard, and after it what is still due", () => {
    const { received, receive, runtime, told } = rig();
    expect(told).toEqual(["reply"]);
    receive("fine");
    expect(told).toEqual(["reply", "heard", "nothing"]);
    receive(new ArrayBuffer(INBOUND_LIMITS.longest + 1));
    expect(told.at(-1)).toBe("heard");
    runtime.end();
    receive("late");
    expect(told).toHaveLength(4);
    expect(received).toEqual(["fine"]);
  });

  it("does not read a message that is too long, and says so", () => {
    const { received, reported, receive } = rig();
    receive(new ArrayBuffer(INBOUND_LIMITS.longest + 1));
    receive("fine");
    expect(received).toEqual(["fine"]);
    expect(reported.map(({ code, message }) => [code, message])).toEqual([
      ["protocol-error", "Acme sent a message of 16777217 bytes, which is too long: it was not read."],
    ]);
  });

  it("sheds a flood, says so once, and goes on when it is over", () => {
    const { received, reported, receive, pass } = rig();
    for (let count = 0; count < INBOUND_LIMITS.burst + 500; count += 1) receive("");
    expect(received).toHaveLength(INBOUND_LIMITS.burst);
    expect(reported).toHaveLength(1);
    pass(10_000);
    receive("after");
    expect(received.at(-1)).toBe("after");
  });

  it("sheds long messages before many of them are read", () => {
    const { received, reported, receive } = rig();
    const long = "x".repeat(11 * 1024 * 1024);
    for (let count = 0; count < 100; count += 1) receive(long);
    expect(received.length).toBeLessThan(4);
    expect(reported).toHaveLength(1);
  });
});

describe("ServiceRuntime and the nonsense of a service", () => {
  it("is told once for each connection, and how often more when that ends", () => {
    const { reported, warned, receive, begin, runtime } = rig();
    for (let count = 0; count < 1_000; count += 1) receive("nonsense: what?");
    receive("nonsense: and what?");
    expect(reported.map(({ message }) => message)).toEqual(["what?", "and what?"]);
    expect(warned).toEqual([]);
    runtime.end();
    runtime.end();
    expect(warned).toEqual(["Acme gave cause for 999 more errors like those that were told."]);
    begin()("nonsense: what?");
    expect(reported).toHaveLength(3);
    runtime.end();
    expect(warned).toHaveLength(1);
  });

  it("is told in so many kinds, and hides no flood", () => {
    const { reported, receive } = rig();
    for (let kind = 0; kind < 1_000; kind += 1) receive(`nonsense: ${kind}`);
    expect(reported).toHaveLength(16);
    for (let count = 0; count < INBOUND_LIMITS.burst; count += 1) receive("");
    expect(reported).toHaveLength(17);
    expect(reported.at(-1)?.message).toContain("more than a conversation needs");
  });

  it("is not what the service itself calls an error: that is told each time", () => {
    const { reported, receive } = rig();
    for (let count = 0; count < 40; count += 1) receive("trouble: overloaded");
    expect(reported).toHaveLength(40);
  });
});

describe("ServiceRuntime and what an app sends", () => {
  it("loses nothing that was taken before the end, also when the end came while something else was under way", () => {
    const { receive, sent } = rig(["one", "disconnect-bot", "two"]);
    receive("ready");
    expect(sent).toEqual(['{"type":"one"}', '{"type":"two"}']);
  });

  it("throws what the wire throws, and nothing more of the act happens than the conversation says", () => {
    const { fill, runtime, logged, told } = rig();
    fill();
    expect(() => runtime.message(new RTVIMessage("one", {}))).toThrow("full");
    expect(logged.slice(1)).toEqual(["unsent send", "unsent deliver"]);
    expect(told).not.toContain("told");
  });

  it("tells what the wire throws where it is too late to throw, or reports it", () => {
    const { fill, receive, refused, reported, told } = rig(["one", "act", "disconnect-bot", "two"]);
    fill();
    receive("ready");
    expect(refused).toEqual(["full", "full"]);
    expect(reported).toMatchObject([{ code: "connection-lost", message: "full" }]);
    expect(told).not.toContain("told");
  });
});
