import { describe, expect, it } from "vitest";
import { bytesToMs } from "../../../packages/local-service/src/audio/pcm.js";
import { answerClip } from "../../../packages/local-service/src/audio/voice.js";
import { speech } from "../../../packages/testkit/src/audio/speech.js";
import { withSession } from "../../../packages/testkit/src/worlds/with-service.js";

const text = (words: string): object => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text: words }],
});

describe("conversation items", () => {
  it.each([
    [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
    [
      {
        type: "message",
        role: "user",
        content: [{ type: "input_image", image_url: "data:image/jpeg;base64,AA==", detail: "low" }],
      },
    ],
    [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "earlier" }] }],
    [{ type: "message", role: "system", content: [{ type: "input_text", text: "note" }] }],
    [{ type: "function_call", name: "f", call_id: "call_1", arguments: "{}" }],
    [{ type: "mcp_approval_response", approval_request_id: "mcpr_1", approve: true }],
  ])("are added and done: %j", async (item) => {
    const { client } = await withSession();
    client.send("conversation.item.create", { item });
    const done = await client.event("conversation.item.done");
    expect(done).toMatchObject({ previous_item_id: null, item: { ...item, object: "realtime.item" } });
    expect(done.item.id).toMatch(/^item_/);
    expect(client.of("conversation.item.added")[0]!.item).toEqual(done.item);
    client.send("conversation.item.retrieve", { item_id: done.item.id });
    expect((await client.event("conversation.item.retrieved")).item).toEqual(done.item);
  });

  it("carry sound in, and give it back when asked", async () => {
    const { client } = await withSession();
    const audio = speech().toString("base64");
    client.send("conversation.item.create", {
      item: { type: "message", role: "user", content: [{ type: "input_audio", audio }] },
    });
    const { item } = await client.event("conversation.item.done");
    expect(item.content).toEqual([{ type: "input_audio", transcript: null }]);
    client.send("conversation.item.retrieve", { item_id: item.id });
    expect((await client.event("conversation.item.retrieved")).item.content[0]!.audio).toBe(audio);
  });

  it("go where previous_item_id says", async () => {
    const { client, service } = await withSession();
    client.send("conversation.item.create", { item: { ...text("b"), id: "b" } });
    client.send("conversation.item.create", { item: { ...text("d"), id: "d" } });
    client.send("conversation.item.create", { item: { ...text("a"), id: "a" }, previous_item_id: "root" });
    client.send("conversation.item.create", { item: { ...text("c"), id: "c" }, previous_item_id: "b" });
    await client.event((event) => event.type === "conversation.item.done" && event.item.id === "c");
    expect(client.of("conversation.item.added").map((event) => event.previous_item_id as unknown)).toEqual([
      null,
      "b",
      null,
      "b",
    ]);
    expect(service.sessions[0]!.items.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
    client.send("conversation.item.delete", { item_id: "b" });
    expect((await client.event("conversation.item.deleted")).item_id).toBe("b");
    expect(service.sessions[0]!.items.map(({ id }) => id)).toEqual(["a", "c", "d"]);
  });

  it.each([
    [
      "conversation.item.create",
      { item: { type: "message", role: "user", content: [{ type: "output_text", text: "x" }] } },
      "invalid_value",
    ],
    [
      "conversation.item.create",
      { item: { type: "message", role: "assistant", content: [{ type: "output_audio", audio: "" }] } },
      "invalid_value",
    ],
    ["conversation.item.create", { item: { type: "message", role: "user" } }, "missing_required_parameter"],
    ["conversation.item.create", { item: { type: "song" } }, "invalid_value"],
    ["conversation.item.create", { item: text("x"), previous_item_id: "nope" }, "item_create_invalid_item_id"],
    [
      "conversation.item.create",
      { item: { type: "function_call_output", call_id: "call_x", output: "1" } },
      "invalid_tool_call_id",
    ],
    [
      "conversation.item.create",
      { item: { type: "function_call_output", call_id: "call_x", output: 1 } },
      "invalid_type",
    ],
    [
      "conversation.item.create",
      { item: { type: "message", role: "user", content: [{ type: "input_image", image_url: "https://x/y.png" }] } },
      "invalid_value",
    ],
    ["conversation.item.delete", { item_id: "nope" }, "item_delete_invalid_item_id"],
    ["conversation.item.retrieve", { item_id: "nope" }, "item_retrieve_invalid_item_id"],
    [
      "conversation.item.truncate",
      { item_id: "nope", content_index: 0, audio_end_ms: 1 },
      "item_truncate_invalid_item_id",
    ],
    ["conversation.item.truncate", { item_id: "nope", content_index: 0, audio_end_ms: 1.5 }, "invalid_type"],
    ["conversation.item.truncate", { item_id: "nope", content_index: 0 }, "missing_required_parameter"],
  ])("%s %j is refused", async (type, fields, code) => {
    const { client, service } = await withSession();
    client.send(type, { event_id: "c1", ...fields });
    expect((await client.event("error")).error).toMatchObject({ code, event_id: "c1" });
    expect(service.sessions[0]!.items).toEqual([]);
  });
});

describe("truncation", () => {
  it("cuts an answer to what was heard, and takes its words back", async () => {
    const { client } = await withSession();
    const { response } = await client.ask("hello");
    const id = response.output[0]!.id;
    client.send("conversation.item.truncate", { item_id: id, content_index: 0, audio_end_ms: 300 });
    expect(await client.event("conversation.item.truncated")).toMatchObject({
      item_id: id,
      content_index: 0,
      audio_end_ms: 300,
    });
    client.send("conversation.item.retrieve", { item_id: id });
    const { item } = await client.event("conversation.item.retrieved");
    expect(item.content[0]!.transcript).toBeUndefined();
    expect(Buffer.from(item.content[0]!.audio!, "base64")).toEqual(answerClip().pcm.subarray(0, 300 * 48));
    const from = client.events.length;
    client.send("conversation.item.truncate", { item_id: id, content_index: 0, audio_end_ms: 301 });
    expect((await client.event("error", from)).error.message).toBe(
      "Audio content of 300ms is already shorter than 301ms",
    );
  });

  it("is refused past the end, for a part without sound, and for what the user said", async () => {
    const { client } = await withSession();
    const { response } = await client.ask("hello");
    const id = response.output[0]!.id;
    const lengthMs = Math.ceil(bytesToMs(answerClip().pcm.length));
    const attempts = [
      { item_id: id, content_index: 0, audio_end_ms: lengthMs + 1 },
      { item_id: id, content_index: 1, audio_end_ms: 10 },
      { item_id: client.of("conversation.item.added")[0]!.item.id, content_index: 0, audio_end_ms: 0 },
    ];
    for (const attempt of attempts) client.send("conversation.item.truncate", attempt);
    client.send("conversation.item.truncate", { item_id: id, content_index: 0, audio_end_ms: lengthMs });
    await client.event("conversation.item.truncated");
    expect(client.of("error").map(({ error }) => error.param!)).toEqual(["audio_end_ms", "content_index", "item_id"]);
  });
});
