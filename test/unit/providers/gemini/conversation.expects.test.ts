import { describe, expect, it } from "vitest";
import { Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

const due = ({ dialogue }: Scenario) => dialogue.expects;
const ask = (scenario: Scenario) => scenario.app("send-text", { content: "hi" });

describe("what Gemini owes", () => {
  it("is an answer from the question to the end of what is made, and nothing before and after", () => {
    const scenario = Scenario.ready();
    expect(due(scenario)).toBe("nothing");
    ask(scenario);
    expect(due(scenario)).toBe("reply");
    scenario.receive(server.audio(100));
    expect(due(scenario)).toBe("reply");
    scenario.receive(server.generated);
    expect(due(scenario)).toBe("nothing");
  });

  it("is nothing any more after an answer in which nothing was said", () => {
    const scenario = Scenario.ready();
    ask(scenario);
    scenario.receive(server.complete);
    expect(due(scenario)).toBe("nothing");
  });

  it("is an answer still when the question stopped a turn", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.audio(100));
    ask(scenario);
    scenario.receive(server.interrupted, server.complete);
    expect(due(scenario)).toBe("reply");
    scenario.receive(server.audio(100), server.generated, server.complete);
    expect(due(scenario)).toBe("nothing");
  });

  it.each([
    ["made", []],
    ["played", [server.generated]],
  ])("is an answer still when the question crossed the end of a turn that was being %s", (_what, before) => {
    const scenario = Scenario.ready();
    scenario.receive(server.audio(100), ...before);
    ask(scenario);
    // What was said is on its way, or it has vanished: the service has not heard of it yet.
    scenario.receive(server.generated, server.complete);
    expect(due(scenario)).toBe("reply");
    scenario.receive(server.audio(100));
    expect(due(scenario)).toBe("reply");
    scenario.receive(server.generated, server.complete);
    expect(due(scenario)).toBe("nothing");
  });

  it("is nothing by a message that asks for no answer", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "by the way", options: { run_immediately: false } });
    expect(due(scenario)).toBe("nothing");
    scenario.receive(server.audio(100));
    scenario.app("send-text", { content: "by the way", options: { run_immediately: false } });
    scenario.receive(server.generated, server.complete);
    expect(due(scenario)).toBe("nothing");
  });

  it("is nothing while a function is waited for", () => {
    const scenario = Scenario.ready();
    ask(scenario);
    scenario.receive(server.call("c1"));
    expect(due(scenario)).toBe("nothing");
    scenario.app("llm-function-call-result", { tool_call_id: "c1", function_name: "f", arguments: {}, result: 1 });
    expect(due(scenario)).toBe("reply");
  });
});
