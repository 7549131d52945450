import { describe, expect, it } from "vitest";
import type { HistoryItem } from "../../../../src/dialogue/conversation-history.js";
import { collectGarbage } from "../../../../packages/testkit/src/util/garbage.js";
import { Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";

const keeps = { keeps: true };
const message = (role: string, text: string) => ({
  type: "conversation.item.create",
  item: { type: "message", role, content: [{ type: role === "assistant" ? "output_text" : "input_text", text }] },
});
const create = { type: "response.create" };
const understood = (transcript: string, item_id = "item_u") => ({
  type: "conversation.item.input_audio_transcription.completed",
  item_id,
  content_index: 0,
  transcript,
});
const called = [server.created("resp_c"), server.callDone("c1", "f", '{"a":1}', "resp_c")];
const pair = (output: string) => [
  { type: "conversation.item.create", item: { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' } },
  { type: "conversation.item.create", item: { type: "function_call_output", call_id: "c1", output } },
];

/** A whole spoken answer. */
function answers(s: Scenario, text: string, id = "resp_1", itemId = "item_a"): void {
  s.receive(server.created(id), server.audio(400, id, itemId), server.transcript(text, id, itemId));
  s.receive(server.audioDone(id, itemId), server.transcriptDone(text, id, itemId), server.done(id));
  s.plays("began", itemId, 0, 400);
  s.plays("drained", itemId, 400);
}

describe("a conversation that goes on over another wire", () => {
  it("keeps nothing of the wires before", async () => {
    let s = Scenario.ready(keeps);
    const before: WeakRef<object>[] = [];
    for (let wire = 0; wire < 5; wire += 1) {
      s.receive(server.started, server.stopped, server.committed, ...called);
      answers(s, "Good morning.");
      s.app("send-text", { content: "Are you there?" });
      s.end();
      before.push(new WeakRef(s.conversation));
      s = s.continued();
    }
    await collectGarbage();
    expect(before.map((reference) => reference.deref())).toEqual(before.map(() => undefined));
  });

  it("is told again in its order, once, before ready, and answered by nobody", () => {
    const s = Scenario.ready({
      ...keeps,
      initialMessages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
    });
    s.receive(server.started, server.stopped, server.committed);
    answers(s, "Good morning.");
    s.receive(understood("How are you?"));
    s.app("append-to-context", { role: "user", content: "By the way" });
    s.end();
    const next = s.continued({ initialMessages: [{ role: "system", content: "Be brief." }] });
    expect(next.sent.slice(1)).toEqual([
      message("system", "Be brief."),
      message("user", "Hello"),
      message("user", "How are you?"),
      message("assistant", "Good morning."),
      message("user", "By the way"),
    ]);
    expect(next.effects.at(-1)).toEqual({ type: "ready", continuity: "replayed" });
    expect(next.conversation.isContinued).toBe(true);
    // What the new service says of an id of the old one is about another item.
    next.receive(understood("Something new"));
    expect(next.conversation.history.items.map((item) => item.type === "message" && item.content)).toEqual([
      "Be brief.",
      "Hello",
      "How are you?",
      "Good morning.",
      "By the way",
      "Something new",
    ]);
  });

  it("is told what the app sent in events of its own, once the service had it, and nothing twice", () => {
    const s = Scenario.ready({ ...keeps, initialMessages: [{ role: "user", content: "Hello" }] });
    const added = (id: string, item: object) =>
      s.receive({ type: "conversation.item.added", previous_item_id: null, item: { id, type: "message", ...item } });
    const image = { type: "input_image", image_url: "data:image/png;base64,AA==" };
    s.app("append-to-context", { role: "user", content: "By the way" });
    added("rtvi_item_2", { role: "user", content: [{ type: "input_text", text: "By the way" }] });
    added("item_x", { role: "user", content: [{ type: "input_text", text: "Look:" }, image] });
    added("item_y", { role: "developer", content: [{ type: "input_text", text: "Be brief." }] });
    added("item_v", { role: "user", content: [{ type: "input_audio", transcript: null }] });
    added("item_b", { role: "assistant", content: [] });
    s.receive(...called);
    s.app("llm-function-call-result", { tool_call_id: "c1", function_name: "f", arguments: {}, result: "ok" });
    added("item_r", { type: "function_call_output", call_id: "c1", output: "ok" });
    added("item_d", { role: "user", content: [{ type: "input_text", text: "Not this." }] });
    s.receive({ type: "conversation.item.deleted", item_id: "item_d" });
    added("item_e", { role: "user", content: [null] });
    expect(s.of("report")).toEqual([]);
    expect(s.conversation.history.items[1]).toEqual({ type: "message", role: "user", content: "By the way" });
    s.end();
    const next = s.continued();
    expect(next.sent.slice(1).filter(({ type }) => type === "conversation.item.create")).toEqual([
      message("user", "Hello"),
      message("user", "By the way"),
      {
        type: "conversation.item.create",
        item: { type: "message", role: "user", content: [{ type: "input_text", text: "Look:" }, image] },
      },
      message("system", "Be brief."),
      ...pair("ok"),
    ]);
  });

  it("is told the result of a function that the app sent in an event of its own", () => {
    const s = Scenario.ready(keeps);
    s.receive(...called);
    const item = { id: "item_r", type: "function_call_output", call_id: "c1", output: "ok" };
    s.receive({ type: "conversation.item.added", previous_item_id: null, item });
    s.end();
    expect(s.continued().sent.slice(1)).toEqual(pair("ok"));
  });

  it("is told what the app sent in an event of its own, although that was refused at first", () => {
    const s = Scenario.ready(keeps);
    const item = { id: "mine", type: "message", role: "user", content: [{ type: "input_text", text: "Look" }] };
    const event = { type: "conversation.item.create", item };
    s.conversation.unsent(s.conversation.command({ type: "raw", event }));
    s.conversation.command({ type: "raw", event });
    s.receive({ type: "conversation.item.added", item });
    s.end();
    expect(s.continued().sent.slice(1)).toEqual([message("user", "Look")]);
  });

  it("is told without what is too large for the wire, which is reported", () => {
    const s = Scenario.ready(keeps);
    for (const content of ["One", "x".repeat(600), "Three"]) s.app("append-to-context", { role: "user", content });
    s.end();
    const next = s.continued({ maxEventSize: () => 600 });
    expect(next.sent.slice(1)).toEqual([message("user", "One"), message("user", "Three")]);
    expect(next.of("report")).toHaveLength(1);
  });

  it("names no item twice, over any number of wires, and can delete what it has told", () => {
    const s = Scenario.ready(keeps);
    s.app("send-text", { content: "one", options: { run_immediately: false } });
    s.end();
    const next = s.continued();
    const ids = [...s.of("send"), ...next.of("send")].flatMap(({ event }) => {
      return event.type === "conversation.item.create" ? [(event.item as { id: string }).id] : [];
    });
    expect(new Set(ids).size).toBe(2);
    next.receive({ type: "conversation.item.deleted", item_id: ids[1] ?? "" });
    expect(next.conversation.history.items).toEqual([]);
  });

  it("asks once for the answer to a text that was sent as the line died", () => {
    const s = Scenario.ready(keeps);
    s.app("send-text", { content: "still there?" });
    s.end();
    const next = s.continued();
    expect(next.sent.slice(1)).toEqual([message("user", "still there?"), create]);
    expect(next.effects.map(({ type }) => type).slice(-2)).toEqual(["ready", "send"]);
  });

  it("asks for it as it was asked for: in writing, if so, and over a wire that is lost before it is ready, too", () => {
    const s = Scenario.ready(keeps);
    s.app("send-text", { content: "in writing", options: { audio_response: false } });
    s.end();
    const unready = new Scenario(keeps, s.conversation);
    unready.receive({ type: "session.created", session: { type: "realtime" } });
    unready.end();
    expect(unready.sentTypes).toEqual(["session.update"]);
    const next = unready.continued();
    expect(next.sent.slice(2)).toEqual([{ ...create, response: { output_modalities: ["text"] } }]);
  });

  it.each([
    ["of which nothing was heard", 0, true],
    ["of which the beginning was heard", 300, false],
  ])("treats an answer %s as such", (_name, heardMs, again) => {
    const s = Scenario.ready(keeps);
    s.app("send-text", { content: "tell me" });
    s.receive(server.created(), server.audio(1_000), server.transcript("One two three four five six."));
    s.receive(server.audioDone(), server.transcriptDone("One two three four five six."), server.done());
    s.plays("began", "item_a", 0, 1_000);
    if (heardMs > 0) s.plays("progress", "item_a", heardMs, 1_000);
    s.end();
    const told = s.continued().sent.slice(1);
    if (again) expect(told).toEqual([message("user", "tell me"), create]);
    else expect(told).toEqual([message("user", "tell me"), message("assistant", "One two")]);
  });

  it("answers a spoken turn that was understood and not answered, and none that is not known", () => {
    const s = Scenario.ready(keeps);
    s.receive(server.started, server.stopped, server.committed, understood("What time is it?"));
    s.end();
    expect(s.continued().sent.slice(1)).toEqual([message("user", "What time is it?"), create]);

    const unknown = Scenario.ready(keeps);
    unknown.receive(server.started, server.stopped, server.committed);
    unknown.end();
    expect(unknown.continued().sent.slice(1)).toEqual([]);

    const pushToTalk = Scenario.ready(keeps, { audio: { input: { turn_detection: null } } });
    pushToTalk.receive(server.committed, understood("Not yet"));
    pushToTalk.end();
    expect(pushToTalk.continued().sent.slice(1)).toEqual([message("user", "Not yet")]);
  });

  it("keeps what was understood so far of a turn that was cut", () => {
    const s = Scenario.ready(keeps);
    s.receive(server.started);
    s.receive({ type: "conversation.item.input_audio_transcription.delta", item_id: "item_u", delta: "What is" });
    s.end();
    expect(s.told.at(-1)).toBe("user-stopped-speaking");
    expect(s.continued().sent.slice(1)).toEqual([message("user", "What is"), create]);
  });

  it("does not ask again for what was interrupted, or has failed", () => {
    const s = Scenario.ready(keeps);
    s.app("send-text", { content: "long story" });
    s.receive(server.created(), server.audio(1_000));
    s.interrupt();
    s.end();
    expect(s.continued().sentTypes).not.toContain("response.create");
    const failed = Scenario.ready(keeps);
    failed.app("send-text", { content: "long story" });
    failed.receive(server.created(), server.done("resp_1", { status: "failed" }));
    failed.end();
    expect(failed.continued().sentTypes).not.toContain("response.create");
  });

  it("does not answer the user again where the answer was interrupted before all their words were understood", () => {
    const s = Scenario.ready(keeps);
    s.receive(server.started, server.stopped, server.committed, server.created());
    s.receive({ type: "conversation.item.input_audio_transcription.delta", item_id: "item_u", delta: "What is" });
    s.interrupt();
    s.end();
    expect(s.continued().sent.slice(1)).toEqual([message("user", "What is")]);
  });

  it("answers a text that waited when the user began to speak, where the line is lost before they are understood", () => {
    const s = Scenario.ready(keeps);
    s.receive(server.created());
    s.app("send-text", { content: "also this" });
    s.receive(server.started);
    s.end();
    expect(s.continued().sent.at(-1)).toEqual(create);
  });

  it("does not answer again what waited for the user, where the answer to them crossed another request", () => {
    const s = Scenario.ready(keeps);
    s.receive(server.created());
    s.app("send-text", { content: "also this" });
    s.receive(server.started, server.done("resp_1", { status: "cancelled" }), server.stopped);
    s.conversation.command({ type: "speak", text: "One moment." });
    s.receive(server.created("resp_vad"), server.text("It is so.", "resp_vad"), server.done("resp_vad"));
    s.end();
    expect(s.continued().sentTypes).not.toContain("response.create");
  });

  it("is told as it was by a service that gives its calls the same ids again", () => {
    const s = Scenario.ready({ keeps: true });
    for (const [n, city] of ["A", "B"].entries()) {
      s.app("send-text", { content: `Weather in ${city}?` });
      s.receive(
        server.created(`c${n}`),
        server.callDone("call_0", "f", `{"city":"${city}"}`, `c${n}`),
        server.done(`c${n}`),
      );
      s.app("llm-function-call-result", {
        function_name: "f",
        tool_call_id: "call_0",
        arguments: {},
        result: `rain in ${city}`,
      });
      s.receive(server.created(`r${n}`), server.text(`Rain in ${city}.`, `r${n}`, `i${n}`), server.done(`r${n}`));
    }
    const said = (item: HistoryItem): unknown =>
      item.type === "message" ? item.content : item.type === "tool-call" ? item.arguments : item.output;
    expect(s.conversation.history.items.map(said)).toEqual(
      ["A", "B"].flatMap((city) => [
        `Weather in ${city}?`,
        `{"city":"${city}"}`,
        `rain in ${city}`,
        `Rain in ${city}.`,
      ]),
    );
  });

  it("tells no sound, only what was said in it", () => {
    const s = Scenario.ready(keeps);
    const sound = { type: "input_audio", audio: "AAAA" };
    s.app("append-to-context", { role: "user", content: [sound] });
    s.app("append-to-context", { role: "user", content: [{ ...sound, transcript: "Hm." }] });
    s.end();
    const next = s.continued();
    expect(next.sent.slice(1)).toEqual([message("user", "Hm.")]);
    expect(JSON.stringify(next.sent)).not.toContain("AAAA");
  });

  it("ends what was going on, and starts no clock for what is asked for again", () => {
    const s = Scenario.ready(keeps);
    s.app("send-text", { content: "hi" });
    s.receive(server.created(), server.audio(1_000), server.transcript("One two three four."));
    s.plays("began", "item_a", 0, 1_000);
    s.plays("progress", "item_a", 400, 1_000);
    s.forget();
    s.end();
    expect(s.told).toEqual([
      "bot-stopped-speaking",
      "bot-output",
      "bot-transcription",
      "bot-output",
      "bot-tts-stopped",
      "bot-llm-stopped",
    ]);
    expect(s.data("bot-output").at(-1)).toMatchObject({
      spoken_status: "in-progress",
      spoken_progress: { accumulated_text: "One two", remaining_text: " three four." },
    });
    expect(s.end()).toEqual([]);
    const next = s.continued();
    next.now += 5_000;
    next.receive(server.created("resp_2"), server.text("Yes", "resp_2"));
    expect(next.data("metrics")).toEqual([]);
    expect(next.data("bot-transcription")).toEqual([]);
  });

  it.each([
    // The wire died when it was found dead, or long before.
    [1_000, undefined],
    [12_000, 2_000],
  ])("over WebRTC takes for heard what ordinary speech says while sound comes", (lostAfter, soundAt) => {
    const s = Scenario.ready({ ...keeps, playedBy: "service", soundAt: () => soundAt });
    s.app("send-text", { content: "tell me" });
    const text = "One two three four five six seven eight nine ten eleven twelve.";
    s.receive(server.created(), server.transcript(text), {
      type: "output_audio_buffer.started",
      response_id: "resp_1",
    });
    s.now += lostAfter;
    s.end();
    const [, heard] = s.continued().sent.slice(1);
    expect(heard).toEqual(message("assistant", "One two three"));
  });
});

describe("a tool that runs while the line is lost", () => {
  it("may answer during the outage: call and result are told, and the model is asked to go on", () => {
    const s = Scenario.ready(keeps);
    s.receive(...called, server.done("resp_c"));
    s.end();
    expect(s.told).not.toContain("llm-function-call-stopped");
    expect(s.conversation.awaits("c1")).toBe(true);
    s.app("llm-function-call-result", { tool_call_id: "c1", result: "sun" });
    expect(s.data("llm-function-call-stopped")).toMatchObject([
      { tool_call_id: "c1", cancelled: false, result: "sun" },
    ]);
    const next = s.continued();
    expect(next.sent.slice(1)).toEqual([...pair("sun"), create]);
    expect(next.abandon()).toEqual([]);
  });

  it("may answer after it: the call is not told before it has its result", () => {
    const s = Scenario.ready(keeps);
    s.receive(...called);
    s.end();
    const next = s.continued();
    expect(next.sent.slice(1)).toEqual([]);
    expect(next.conversation.isBusy).toBe(true);
    next.forget();
    next.app("llm-function-call-result", { tool_call_id: "c1", result: "rain" });
    expect(next.sent).toEqual([...pair("rain"), create]);
    expect(next.told).toEqual(["llm-function-call-stopped"]);
    expect(next.conversation.awaits("c1")).toBe(false);
    next.end();
    expect(next.continued().sent.slice(1)).toEqual([...pair("rain"), create]);
  });

  it("waits for all calls of a response, whichever side of the outage they are answered on", () => {
    const s = Scenario.ready(keeps);
    s.receive(...called, server.callDone("c2", "g", "{}", "resp_c"), server.done("resp_c"));
    s.app("llm-function-call-result", { tool_call_id: "c1", result: 1 });
    s.end();
    const next = s.continued();
    expect(next.sent.slice(1)).toEqual(pair("1"));
    // Another session may use the same ids.
    next.receive(server.created("resp_c"), server.done("resp_c"));
    next.forget();
    next.app("llm-function-call-result", { tool_call_id: "c2", result: 2 });
    expect(next.sentTypes).toEqual(["conversation.item.create", "conversation.item.create", "response.create"]);
  });

  it("is cancelled when nobody comes back, or when nothing is kept, and when its arguments never came", () => {
    const s = Scenario.ready(keeps);
    s.receive(...called);
    s.end();
    s.abandon();
    expect(s.data("llm-function-call-stopped")).toMatchObject([{ cancelled: true }]);
    const forgetful = Scenario.ready();
    forgetful.receive(...called);
    forgetful.end();
    expect(forgetful.data("llm-function-call-stopped")).toMatchObject([{ cancelled: true }]);
    const cut = Scenario.ready(keeps);
    cut.receive(server.created(), server.callAdded("c1", "f"));
    cut.end();
    expect(cut.data("llm-function-call-stopped")).toMatchObject([{ cancelled: true }]);
  });
});
