import { describe, expect, it } from "vitest";
import { serviceActions, type ActionTurns } from "../../../../src/services/responder/actions.js";

/** What an action does, in order. */
function doneBy(service: "llm" | "tts", action: string, args: Record<string, unknown> = {}): unknown[] {
  const done: unknown[] = [];
  const turns: ActionTurns = {
    interrupt: () => done.push("interrupt"),
    run: () => done.push("run"),
    append: (messages, run) => done.push(["append", messages, run]),
    replace: (messages, interrupt) => done.push(["replace", messages, interrupt]),
    speak: (text) => done.push(["speak", text]),
  };
  const services: Record<string, Record<string, { run: (args: Record<string, unknown>) => unknown }>> = serviceActions({
    act: (run) => {
      run(turns);
    },
    context: () => ({ messages: [], tools: undefined }),
  });
  expect(services[service]?.[action]?.run(args)).toBe(true);
  return done;
}

describe("the actions of RTVI's services", () => {
  const messages = [{ role: "user", content: "hi" }];

  it.each<[string, Parameters<typeof doneBy>, unknown[]]>([
    ["run interrupts", ["llm", "run"], ["interrupt", "run"]],
    ["run may wait", ["llm", "run", { interrupt: false }], ["run"]],
    ["append has it answered", ["llm", "append_to_messages", { messages }], [["append", messages, true]]],
    [
      "append may go without an answer",
      ["llm", "append_to_messages", { messages, run_immediately: false }],
      [["append", messages, false]],
    ],
    ["set_context only tells", ["llm", "set_context", { messages }], [["replace", messages, false]]],
    [
      "set_context may interrupt and have it answered",
      ["llm", "set_context", { messages, interrupt: true, run_immediately: true }],
      [["replace", messages, true], "run"],
    ],
    ["say waits for the bot", ["tts", "say", { text: "Ahoy" }], [["speak", "Ahoy"]]],
    ["say may interrupt", ["tts", "say", { text: "Ahoy", interrupt: true }], ["interrupt", ["speak", "Ahoy"]]],
    ["interrupt interrupts", ["tts", "interrupt"], ["interrupt"]],
  ])("%s", (_, call, done) => {
    expect(doneBy(...call)).toEqual(done);
  });
});
