import { describe, expect, it } from "vitest";
import { Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";

const expected = ({ conversation }: Scenario) => conversation.expects;
const ask = (scenario: Scenario) => scenario.app("send-text", { content: "hi" });
const noAnswers = { audio: { input: { turn_detection: { type: "server_vad", create_response: false } } } };
const stopped = { type: "input_audio_buffer.speech_stopped", item_id: "item_user" };

describe("what OpenAI owes", () => {
  it("is nothing while the session opens: that has a deadline of its own", () => {
    const scenario = new Scenario();
    expect(expected(scenario)).toBe("nothing");
    scenario.receive({ type: "session.created", session: {} });
    expect(expected(scenario)).toBe("nothing");
  });

  it("is an answer from the question to its beginning, and then progress until its end", () => {
    const scenario = Scenario.ready();
    expect(expected(scenario)).toBe("nothing");
    ask(scenario);
    expect(expected(scenario)).toBe("reply");
    scenario.receive(server.created());
    expect(expected(scenario)).toBe("progress");
    scenario.receive(server.done());
    expect(expected(scenario)).toBe("nothing");
  });

  it("is an answer when what is being made was cancelled, and neither stops nor was never there", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created());
    scenario.interrupt();
    expect(expected(scenario)).toBe("reply");
    scenario.receive({ type: "error", error: { code: "response_cancel_not_active", message: "no" } });
    expect(expected(scenario)).toBe("nothing");
  });

  it("is nothing any more when an answer was cancelled that never began, and the next is asked for", () => {
    const scenario = Scenario.ready();
    ask(scenario);
    scenario.interrupt();
    expect(expected(scenario)).toBe("reply");
    const refusal = { type: "error", error: { code: "response_cancel_not_active", message: "no" } };
    scenario.receive(refusal);
    expect(expected(scenario)).toBe("nothing");
    ask(scenario);
    expect(scenario.sentTypes.filter((type) => type === "response.create")).toHaveLength(2);
  });

  describe("a cancel that came too late", () => {
    const tooLate = (scenario: Scenario, event_id: string) =>
      scenario.receive(server.error({ code: "response_cancel_not_active", event_id }));
    /** The answer had ended by itself as the app interrupted it; the service has yet to say so. */
    const interrupted = () => {
      const scenario = Scenario.ready();
      scenario.receive(server.created());
      scenario.interrupt();
      scenario.receive(server.done());
      return { scenario, cancel: scenario.lastId("response.cancel") };
    };

    it("is no word on the answer that was asked for after it: that is still owed, and asked for once", () => {
      const { scenario, cancel } = interrupted();
      ask(scenario);
      scenario.conversation.command({ type: "speak", text: "and then this" });
      tooLate(scenario, cancel);
      expect(expected(scenario)).toBe("reply");
      expect(scenario.sentTypes.filter((type) => type === "response.create")).toHaveLength(1);
    });

    it("is none on the answer to the user, who has spoken meanwhile: that is still owed", () => {
      const { scenario, cancel } = interrupted();
      scenario.receive(server.started, stopped);
      tooLate(scenario, cancel);
      expect(expected(scenario)).toBe("reply");
    });

    it("is none on the answer that is being made: progress is still owed", () => {
      const { scenario, cancel } = interrupted();
      scenario.receive(server.created("resp_2"));
      tooLate(scenario, cancel);
      expect(expected(scenario)).toBe("progress");
    });
  });

  it("is an answer to a user who has stopped speaking, where the service answers by itself", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.started);
    expect(expected(scenario)).toBe("nothing");
    scenario.receive(stopped);
    expect(expected(scenario)).toBe("reply");
    scenario.receive(server.started);
    expect(expected(scenario)).toBe("nothing");
    scenario.receive(stopped, server.created());
    expect(expected(scenario)).toBe("progress");
    const manual = Scenario.ready({}, noAnswers);
    manual.receive(server.started, stopped);
    expect(expected(manual)).toBe("nothing");
  });

  it("is an answer still when a response that was cut ends after the user has stopped", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.started, stopped, server.done("resp_1", { status: "cancelled" }));
    expect(expected(scenario)).toBe("reply");
    scenario.receive(server.done("resp_2", { status: "failed" }));
    expect(expected(scenario)).toBe("nothing");
  });

  it("is paid by the answer that we asked for ourselves meanwhile", () => {
    const scenario = Scenario.ready();
    ask(scenario);
    scenario.receive(server.started, stopped, server.created(), server.done());
    expect(expected(scenario)).toBe("nothing");
  });

  it("is a word on changed settings, be it an error", () => {
    const scenario = Scenario.ready();
    scenario.update({ instructions: "be brief" });
    expect(expected(scenario)).toBe("reply");
    scenario.receive({ type: "session.updated", session: {} });
    expect(expected(scenario)).toBe("nothing");
    scenario.update({ instructions: "be brief" });
    const error = { message: "no", event_id: scenario.lastId("session.update") };
    scenario.receive({ type: "error", error });
    expect(expected(scenario)).toBe("nothing");
  });
});

describe("what OpenAI owes of changed settings", () => {
  const updated = { type: "session.updated", session: {} };
  const change = (scenario: Scenario) => scenario.update({ instructions: "be brief" });
  const probe = (scenario: Scenario) => scenario.effects.push(...scenario.conversation.probe()!);
  const refuse = (scenario: Scenario, event_id?: string) =>
    scenario.receive(server.error(event_id === undefined ? {} : { event_id }));

  it("is not met by the answer to a sign of life that was asked for before", () => {
    const scenario = Scenario.ready();
    probe(scenario);
    change(scenario);
    scenario.receive(updated);
    expect(expected(scenario)).toBe("reply");
    scenario.receive(updated);
    expect(expected(scenario)).toBe("nothing");
  });

  it("is met although a sign of life that was asked for afterwards is still to come", () => {
    const scenario = Scenario.ready();
    change(scenario);
    probe(scenario);
    scenario.receive(updated);
    expect(expected(scenario)).toBe("nothing");
  });

  it.each(["names what it refuses", "names nothing"])("is a word after a sign of life was refused: %s", (how) => {
    const scenario = Scenario.ready();
    probe(scenario);
    const id = scenario.lastId("session.update");
    change(scenario);
    refuse(scenario, how === "names nothing" ? undefined : id);
    expect(expected(scenario)).toBe("reply");
    scenario.receive(updated);
    expect(expected(scenario)).toBe("nothing");
  });

  it("is a word on each of two changes, whichever is refused", () => {
    const scenario = Scenario.ready();
    change(scenario);
    const first = scenario.lastId("session.update");
    change(scenario);
    refuse(scenario, first);
    expect(expected(scenario)).toBe("reply");
    scenario.receive(updated);
    expect(expected(scenario)).toBe("nothing");
  });

  it("is a word on a change that followed the first settings before they were answered", () => {
    const scenario = new Scenario();
    scenario.receive({ type: "session.created", session: {} });
    change(scenario);
    expect(expected(scenario)).toBe("nothing");
    scenario.receive(updated);
    expect(expected(scenario)).toBe("reply");
    scenario.receive(updated);
    expect(expected(scenario)).toBe("nothing");
  });
});

describe("asking OpenAI for a sign of life", () => {
  const probe = (scenario: Scenario) => scenario.conversation.probe();

  it.each([
    ["ga", { type: "realtime" }],
    ["beta", {}],
  ] as const)("changes nothing in %s, and neither the answer nor an error is told", (dialect, session) => {
    const scenario = Scenario.ready({ dialect });
    scenario.effects.push(...probe(scenario)!);
    expect(scenario.sent).toEqual([{ type: "session.update", session }]);
    const event_id = scenario.lastId("session.update");
    expect(event_id).toMatch(/^rtvi_probe_/);
    expect(scenario.receive({ type: "session.updated", session: {} })).toEqual([]);
    const told = scenario.receive({ type: "error", error: { message: "no", event_id } });
    expect(told.map(({ type }) => type)).toEqual(["log"]);
    expect(expected(scenario)).toBe("nothing");
  });

  it("waits until the session runs: its answer would be taken for the one to the first settings", () => {
    const scenario = new Scenario();
    expect(probe(scenario)).toBeUndefined();
    scenario.receive({ type: "session.created", session: {} });
    expect(probe(scenario)).toBeUndefined();
  });
});
