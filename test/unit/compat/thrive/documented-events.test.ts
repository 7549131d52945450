import { describe, expect, it } from "vitest";
import { documentedEvents, isOwnRace, rawEvent } from "../../../../src/compat/thrive/documented-events.js";

const nameOf = (type: string) => documentedEvents({ type }, "ga").map((event) => event.type);

describe("documentedEvents", () => {
  it.each([
    ["response.output_audio.delta", "response.audio.delta"],
    ["response.output_audio.done", "response.audio.done"],
    ["response.output_audio_transcript.delta", "response.audio_transcript.delta"],
    ["response.output_audio_transcript.done", "response.audio_transcript.done"],
    ["response.output_text.delta", "response.text.delta"],
    ["response.output_text.done", "response.text.done"],
    ["conversation.item.added", "conversation.item.created"],
    ["conversation.item.done", "conversation.item.completed"],
  ])("calls GA's %s %s", (ga, documented) => {
    expect(nameOf(ga)).toEqual([documented]);
  });

  it.each([
    "session.created",
    "session.updated",
    "conversation.item.created",
    "response.audio.delta",
    "response.text.delta",
    "response.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.input_audio_transcription.completed",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.committed",
    "error",
    "something.new",
  ])("leaves %s alone in both dialects", (type) => {
    expect(nameOf(type)).toEqual([type]);
    expect(documentedEvents({ type }, "beta")).toEqual([{ type }]);
  });

  it("keeps every field", () => {
    const event = { type: "response.output_text.delta", event_id: "e", item_id: "i", delta: "Hi", extra: [1] };
    expect(documentedEvents(event, "ga")).toEqual([{ ...event, type: "response.text.delta" }]);
  });

  it("makes the event that beta has no word for: an item is complete", () => {
    const item = { id: "i", type: "message", status: "completed" };
    expect(documentedEvents({ type: "conversation.item.created", item }, "beta")).toEqual([
      { type: "conversation.item.created", item },
      { type: "conversation.item.completed", item },
    ]);
    const begun = { ...item, status: "in_progress" };
    expect(documentedEvents({ type: "conversation.item.created", item: begun }, "beta")).toHaveLength(1);
    expect(documentedEvents({ type: "response.output_item.done", item }, "beta")[1]).toEqual({
      type: "conversation.item.completed",
      item,
    });
    expect(documentedEvents({ type: "response.output_item.done" }, "beta")).toHaveLength(1);
    expect(documentedEvents({ type: "response.output_item.done", item }, "ga")).toHaveLength(1);
  });
});

describe("rawEvent", () => {
  it.each([undefined, null, "raw", {}, { t: "other", d: { type: "x" } }, { t: "raw" }, { t: "raw", d: { type: 7 } }])(
    "finds none in %j",
    (data) => {
      expect(rawEvent(data)).toBeUndefined();
    },
  );

  it("finds the event of the service", () => {
    expect(rawEvent({ t: "raw", d: { type: "response.done", n: 1 } })).toEqual({ type: "response.done", n: 1 });
  });
});

describe("isOwnRace", () => {
  it.each([
    ["rtvi_cancel_1", true],
    ["rtvi_truncate_2", true],
    ["rtvi_clear_3", true],
    ["rtvi_session_1", false],
    ["mine", false],
    [null, false],
  ])("knows that the cause %s was ours: %s", (event_id, own) => {
    expect(isOwnRace({ type: "error", error: { event_id } })).toBe(own);
    expect(isOwnRace({ type: "response.done", error: { event_id } })).toBe(false);
  });
});
