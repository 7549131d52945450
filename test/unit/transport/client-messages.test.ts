import { MessageTooLargeError, RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import type { Command, Effect } from "../../../src/contracts/dialogue.js";
import type { Responder } from "../../../src/contracts/provider.js";
import type { DialogueRunner } from "../../../src/dialogue/dialogue-runner.js";
import { InvalidOptionsError, NotReadyError, ServiceError } from "../../../src/errors.js";
import { CallbackQueue } from "../../../src/transport/callback-queue.js";
import { ClientMessages } from "../../../src/transport/client-messages.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

/** The messages of a client whose session is a script. */
function messaging({ answers = false, offline = [] as Effect[] | "wait", isReady = true } = {}) {
  const commands: Command[] = [];
  const told: unknown[] = [];
  const reported: string[] = [];
  const script: { throws?: Error; refused?: (error: Error) => void } = {};
  const runner = {
    isReady,
    command: (taken: readonly Command[], refused: (error: Error) => void) => {
      if (script.throws !== undefined) throw script.throws;
      script.refused = refused;
      commands.push(...taken);
    },
    do: (run: (dialogue: { command: (command: Command) => void }) => void) =>
      run({ command: (command) => void commands.push(command) }),
  };
  const responder: Partial<Responder> = {
    answers: ({ type }) => answers && type === "get-config",
    answer: () => {
      if (script.throws !== undefined) throw script.throws;
      return { type: "config", data: {} };
    },
  };
  const messages = new ClientMessages({
    queue: new CallbackQueue(),
    runner: runner as unknown as DialogueRunner,
    logger: silent,
    commandOffline: (command) => {
      commands.push(command);
      return offline;
    },
    responder: () => responder as Responder,
    isThrough: () => isReady,
    maxMessageSize: () => 1_000,
    handOut: (message) => messages.pass(message),
    tell: ({ type }) => void told.push(type),
    report: ({ message }) => void reported.push(message),
  });
  messages.handle(({ type, id, data }) => {
    const { error } = (data ?? {}) as { error?: string };
    told.push(error === undefined ? `${type} ${id}` : `${type} ${id}: ${error}`);
  });
  return { messages, commands, told, reported, script };
}

const text = (type = "send-text", data: unknown = { content: "hello" }) => new RTVIMessage(type, data, "m");
const result = (value: unknown) => text("llm-function-call-result", { tool_call_id: "c1", result: value });

describe("messages of a client: sending", () => {
  it("is done by the session, which may refuse it later", () => {
    const { messages, commands, told, script } = messaging();
    messages.sendNow(text());
    expect(commands).toMatchObject([{ type: "message", message: { id: "m" } }]);
    expect(told).toEqual([]);
    script.refused?.(new ServiceError("not now"));
    expect(told).toEqual(["error-response m: not now"]);
  });

  it("leaves client-ready to the transport", () => {
    const { messages, commands } = messaging();
    messages.sendNow(RTVIMessage.clientReady());
    expect(commands).toEqual([]);
  });

  it("throws of a message that is too large, and tells nothing of it", () => {
    const { messages, told } = messaging();
    expect(() => messages.sendNow(text("client-message", "x".repeat(2_000)))).toThrow(MessageTooLargeError);
    expect(told).toEqual([]);
  });

  it("tells and throws of what is wrong with a message; of a request it tells only", () => {
    const { messages, commands, told } = messaging();
    expect(() => messages.sendNow(text("send-text", 7n))).toThrow(InvalidOptionsError);
    expect(() => messages.sendNow(text("client-message", 7n))).not.toThrow();
    expect(told).toEqual([expect.stringContaining("as JSON"), expect.stringContaining("as JSON")]);
    expect(commands).toEqual([]);
  });

  it("tells and throws of a request before the session is ready", () => {
    const { messages, told, script } = messaging();
    script.throws = new NotReadyError("too early");
    expect(() => messages.sendNow(text("client-message"))).toThrow(NotReadyError);
    expect(told).toEqual(["error-response m: too early"]);
  });

  it("is done where the message was taken without a connection", () => {
    const { messages, commands } = messaging({ isReady: false });
    messages.sendNow(text());
    expect(commands).toHaveLength(1);
  });
});

describe("messages of a client: those that are answered here", () => {
  it("get their answer, under their id", () => {
    const { messages, commands, told } = messaging({ answers: true });
    messages.sendNow(text("get-config"));
    expect([told, commands]).toEqual([["config m"], []]);
  });

  it("get an error instead, and nothing is thrown", () => {
    const { messages, told, script } = messaging({ answers: true });
    script.throws = new NotReadyError("no config");
    expect(() => messages.sendNow(text("get-config"))).not.toThrow();
    expect(told).toEqual(["error-response m: no config"]);
  });
});

describe("messages of a client: results of functions", () => {
  it("that cannot be sent fail the call, and so does a handler that throws", () => {
    const { messages, commands } = messaging();
    expect(() => messages.send(result(() => undefined))).toThrow(InvalidOptionsError);
    expect(commands).toMatchObject([{ type: "fail-call", call: "c1", failure: { isReported: true } }]);
    const thrown = new Error("no such city");
    thrown.stack = "at PipecatClient._maybeTriggerFunctionCallCallback";
    expect(messages.threw(text("llm-function-call", { tool_call_id: "c2" }), thrown)).toBe(true);
    expect(commands[1]).toMatchObject({ type: "fail-call", call: "c2" });
  });

  it("are no affair of other messages and of other errors", () => {
    const { messages, commands, script } = messaging();
    expect(messages.threw(text("bot-ready"), new Error("of a callback"))).toBe(false);
    expect(messages.threw(text("llm-function-call", { tool_call_id: "c2" }), new Error("of a callback"))).toBe(false);
    expect(() => messages.send(text("send-text", 7n))).toThrow(InvalidOptionsError);
    script.throws = new NotReadyError("too early");
    expect(() => messages.send(result(1))).toThrow(NotReadyError);
    expect(commands).toEqual([]);
  });
});

describe("messages of a client: without a connection", () => {
  it("are told what becomes of them", () => {
    const { messages, told, reported } = messaging();
    messages.carryOutOffline([
      { type: "deliver", message: { type: "bot-output", data: {} } },
      { type: "reject", message: text(), error: new ServiceError("gone") },
      { type: "tell", fact: { type: "tools.settled" } as never },
      { type: "flush" } as never,
      { type: "report", error: new ServiceError("trouble") },
    ]);
    expect(told).toEqual([expect.stringContaining("bot-output"), "error-response m: gone", "tools.settled"]);
    expect(reported).toEqual(["trouble"]);
  });

  it("wait for the next one where the session says so, and are told when there is none", () => {
    const { messages, told } = messaging({ isReady: false, offline: "wait" });
    messages.send(text());
    expect(told).toEqual([]);
    messages.end();
    expect(told).toEqual([expect.stringContaining("session ended")]);
  });
});
