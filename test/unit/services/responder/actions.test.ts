import { describe, expect, it } from "vitest";
import { serviceActions } from "../../../../src/services/responder/actions.js";

/** What an action does, in order, in the words of the dialogue's commands. */
function doneBy(service: "llm" | "tts", action: string, args: Record<string, unknown> = {}): unknown[] {
  const done: unknown[] = [];
  const services: Record<string, Record<string, { run: (args: Record<string, unknown>) => unknown }>> = serviceActions({
    command: (commands) => {
      done.push(...commands);
    },
    context: () => ({ messages: [], tools: undefined }),
  });
  expect(services[service]?.[action]?.run(args)).toBe(true);
  return done;
}

describe("set_context: the tools of a context that was read", () => {
  const tool = { type: "function", name: "f", description: undefined };
  const set = (tools: unknown) =>
    serviceActions({ command: () => undefined, context: () => ({ messages: [], tools: [tool] }) }).llm.set_context.run({
      messages: [],
      tools,
    });

  it("may come back as they were told, without what JSON leaves out", () => {
    expect(set([{ type: "function", name: "f" }])).toBe(true);
  });

  it("are not changed there", () => {
    expect(() => set([{ type: "function", name: "g" }])).toThrow("changes no tools");
  });
});

describe("the actions of RTVI's services", () => {
  const messages = [{ role: "user", content: "hi" }];

  it.each<[string, Parameters<typeof doneBy>, unknown[]]>([
    ["run interrupts", ["llm", "run"], [{ type: "interrupt" }, { type: "run" }]],
    ["run may wait", ["llm", "run", { interrupt: false }], [{ type: "run" }]],
    ["append has it answered", ["llm", "append_to_messages", { messages }], [{ type: "append", messages, run: true }]],
    [
      "append may go without an answer",
      ["llm", "append_to_messages", { messages, run_immediately: false }],
      [{ type: "append", messages, run: false }],
    ],
    ["set_context only tells", ["llm", "set_context", { messages }], [{ type: "replace", messages, interrupt: false }]],
    [
      "set_context may interrupt and have it answered",
      ["llm", "set_context", { messages, interrupt: true, run_immediately: true }],
      [{ type: "replace", messages, interrupt: true }, { type: "run" }],
    ],
    ["say waits for the bot", ["tts", "say", { text: "Ahoy" }], [{ type: "speak", text: "Ahoy" }]],
    [
      "say may interrupt",
      ["tts", "say", { text: "Ahoy", interrupt: true }],
      [{ type: "interrupt" }, { type: "speak", text: "Ahoy" }],
    ],
    ["interrupt interrupts", ["tts", "interrupt"], [{ type: "interrupt" }]],
  ])("%s", (_, call, done) => {
    expect(doneBy(...call)).toEqual(done);
  });
});
