/** Frames that no client should die of: broken JSON, wrong kinds, wrong types, too much, too deep, and prototype keys. */
export function malformedFrames(): readonly (string | Buffer)[] {
  const known = (fields: object): string => JSON.stringify({ event_id: "event_malformed", ...fields });
  const delta = "response.output_audio.delta";
  return [
    "not json",
    "",
    "{",
    "null",
    "42",
    "[]",
    '"text"',
    Buffer.from([0x00, 0xff, 0x10, 0x80]),
    Buffer.from(known({ type: "session.updated", session: {} })),
    known({}),
    known({ type: 5 }),
    known({ type: "" }),
    known({ type: "no.such.event" }),
    known({ type: "__proto__" }),
    known({ type: "constructor" }),
    '{"type":"session.updated","__proto__":{"polluted":true},"session":{"__proto__":{"polluted":true}}}',
    known({ type: "session.updated", session: null }),
    known({ type: "error" }),
    known({ type: "error", error: null }),
    known({ type: "error", error: "text" }),
    known({ type: delta }),
    known({ type: delta, response_id: "resp_malformed", item_id: "item_malformed", delta: 12 }),
    known({ type: delta, response_id: "resp_malformed", item_id: "item_malformed", delta: "%%% no base64 %%%" }),
    known({ type: delta, response_id: "resp_malformed", item_id: "item_malformed", delta: "AAA=" }),
    known({ type: "response.output_audio_transcript.delta", delta: { not: "text" } }),
    known({ type: "conversation.item.input_audio_transcription.completed", transcript: 7 }),
    known({ type: "response.output_item.done", item: [] }),
    known({ type: "response.done" }),
    known({ type: "response.done", response: { id: 1, status: "finished", output: "none" } }),
    known({ type: "input_audio_buffer.speech_stopped" }),
    known({ type: "no.such.event", huge: "x".repeat(2_000_000) }),
    `{"type":"no.such.event","deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
  ];
}
