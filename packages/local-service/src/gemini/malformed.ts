/** Messages that no client should die of: broken JSON, wrong kinds, wrong types, too much, too deep, and prototype keys. */
export function malformedFrames(): readonly (string | Buffer)[] {
  const content = (fields: object): Buffer => Buffer.from(JSON.stringify({ serverContent: fields }));
  const turn = (...parts: unknown[]): Buffer => content({ modelTurn: { parts } });
  const sound = (data: unknown, mimeType: unknown): Buffer => turn({ inlineData: { data, mimeType } });
  return [
    "not json",
    "",
    ...["{", "null", "42", "[]", '"text"', "{}"].map((text) => Buffer.from(text)),
    Buffer.from([0x00, 0xff, 0x10, 0x80]),
    ...[null, 7, "text", [], {}].map((body) => Buffer.from(JSON.stringify({ serverContent: body }))),
    Buffer.from('{"noSuchKey":{},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    Buffer.from('{"serverContent":{"__proto__":{"polluted":true},"modelTurn":{"__proto__":{"polluted":true}}}}'),
    content({ modelTurn: { parts: "none" } }),
    content({ modelTurn: null, interrupted: "yes", turnComplete: 1, generationComplete: [] }),
    turn(null, 5, "text", {}, { text: 7 }, { text: "", thought: true }, { inlineData: null }),
    sound(12, "audio/pcm;rate=24000"),
    sound("%%% no base64 %%%", "audio/pcm;rate=24000"),
    sound("AAA=", "audio/pcm;rate=24000"),
    sound("AAAA", "audio/pcm;rate=-1"),
    sound("AAAA", "audio/pcm;rate=1e99"),
    sound("AAAA", "application/x-nothing"),
    sound("AAAA", null),
    content({ inputTranscription: 7, outputTranscription: { text: { not: "text" } } }),
    ...[
      { setupComplete: null },
      { toolCall: {} },
      { toolCall: { functionCalls: "none" } },
      { toolCall: { functionCalls: [null, { id: 1, name: 2, args: 3 }] } },
      { toolCallCancellation: { ids: "fc_1" } },
      { sessionResumptionUpdate: { newHandle: 7, resumable: "yes" } },
      { sessionResumptionUpdate: { resumable: true } },
      { usageMetadata: "many" },
      { noSuchKey: "x".repeat(2_000_000) },
    ].map((body) => Buffer.from(JSON.stringify(body))),
    Buffer.from(`{"noSuchKey":${"[".repeat(20_000)}${"]".repeat(20_000)}}`),
  ];
}
