import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../src/errors.js";
import { contextMessages, readContext } from "../../../src/services/responder/context.js";
import { ConversationHistory, type HistoryItem } from "../../../src/dialogue/conversation-history.js";

const said = (role: "system" | "user" | "assistant", content: unknown): HistoryItem => ({
  type: "message",
  role,
  content,
});
const call = (callId: string): HistoryItem => ({ type: "tool-call", callId, name: "f", arguments: "{}" });
const result = (callId: string): HistoryItem => ({ type: "tool-result", callId, output: "1" });

describe("ConversationHistory", () => {
  it("keeps the place of a turn whose words come after the answer to it", () => {
    const history = new ConversationHistory();
    history.reserve("u1");
    history.note("a1", said("assistant", "Fine, thank"));
    history.note("u1", said("user", "How are you?"));
    history.note("a1", said("assistant", "Fine, thanks."));
    history.reserve("u1");
    history.reserve("u2");
    expect(history.items).toEqual([said("user", "How are you?"), said("assistant", "Fine, thanks.")]);
  });

  it("keeps what the conversation began with as long as there is anything else", () => {
    const history = new ConversationHistory({ items: 3 });
    history.append(said("user", "The beginning"), true);
    history.append(said("system", "The rules"));
    for (const word of ["one", "two", "three"]) history.append(said("user", word));
    expect(history.items).toEqual([said("user", "The beginning"), said("system", "The rules"), said("user", "three")]);
    const strict = new ConversationHistory({ items: 1 });
    strict.append(said("user", "The beginning"), true);
    strict.append(said("user", "The end"), true);
    expect(strict.items).toEqual([said("user", "The end")]);
  });

  it("is told to another session in its order, goes by that session's ids, and is as bounded as before", () => {
    const history = new ConversationHistory({ items: 3 });
    history.append(said("user", "The beginning"), true);
    history.note("a1", said("assistant", "one"));
    history.reserve("u1");
    history.remove("gone");
    const told: HistoryItem[] = [];
    history.retell((item) => (told.push(item) === 1 ? undefined : "u1"));
    expect(told).toEqual([said("user", "The beginning"), said("assistant", "one")]);
    // Ids of the session before mean nothing any more.
    history.note("a1", said("user", "two"));
    history.note("gone", said("user", "three"));
    expect(history.items).toEqual([said("user", "The beginning"), said("user", "two"), said("user", "three")]);
    history.remove("a1");
    history.note("u1", said("user", "late"));
    expect(history.items).toEqual([said("user", "The beginning"), said("user", "three")]);
  });

  it("takes back what was not heard, and forgets what was removed, whatever comes later", () => {
    const history = new ConversationHistory();
    history.note("a1", said("assistant", "Nobody heard this."));
    history.note("a1", said("assistant", ""));
    expect(history.items).toEqual([]);
    history.note("a1", said("assistant", "This"));
    history.note("a2", said("assistant", "That"));
    history.remove("a1");
    history.note("a1", said("assistant", "This, late"));
    expect(history.items).toEqual([said("assistant", "That")]);
    history.clear();
    history.append(said("user", "New"));
    history.note("a2", said("assistant", "That, cut"));
    history.reserve("a2");
    expect(history.items).toEqual([said("user", "New")]);
  });

  it("drops the oldest beyond its limits, but what the system said last of all", () => {
    const history = new ConversationHistory({ items: 3 });
    for (const item of [said("system", "Be kind."), said("user", "1"), said("user", "2"), said("user", "3")]) {
      history.append(item);
    }
    expect(history.items.map((item) => item.type === "message" && item.content)).toEqual(["Be kind.", "2", "3"]);
    const narrow = new ConversationHistory({ characters: 10 });
    narrow.append(said("user", "x".repeat(6)));
    narrow.append(said("user", "y".repeat(6)));
    expect(narrow.items).toEqual([said("user", "yyyyyy")]);
    narrow.append(said("system", "z".repeat(11)), true);
    expect(narrow.items).toEqual([said("user", "yyyyyy")]);
  });

  it("leaves out what is too large by itself, such as an image or a result, and keeps everything else", () => {
    const history = new ConversationHistory();
    const image = [{ type: "input_image", image_url: `data:image/png;base64,${"A".repeat(300_000)}` }];
    const large: HistoryItem = { type: "tool-result", callId: "c1", output: "x".repeat(300_000) };
    for (const item of [said("user", "Hello"), call("c1"), large, said("user", image), said("assistant", "Hi")]) {
      history.append(item);
    }
    expect(history.items).toEqual([said("user", "Hello"), call("c1"), said("assistant", "Hi")]);
    const narrow = new ConversationHistory({ characters: 10 });
    narrow.append(said("user", "12345"));
    for (const text of ["1", "12345678901", "123"]) narrow.note("a", said("assistant", text));
    expect(narrow.items).toEqual([said("user", "12345"), said("assistant", "123")]);
  });

  it.each([
    ["number", { items: 10 }, "The user sees page"],
    ["length", { characters: 200 }, "The user sees a page that says this and that"],
  ])(
    "drops the oldest that the system said once that is most of it by its %s, and keeps what was said",
    (_by, limits, note) => {
      const history = new ConversationHistory(limits);
      history.append(said("system", "Be kind."), true);
      for (let page = 1; page <= 30; page += 1) {
        history.append(said("user", `${page}?`));
        history.append(said("system", `${note} ${page}`));
      }
      const texts = history.items.map((item) => (item.type === "message" ? String(item.content) : ""));
      expect(texts[0]).toBe("Be kind.");
      expect(texts.slice(-4)).toEqual(["29?", `${note} 29`, "30?", `${note} 30`]);
    },
  );

  it("leaves room for what is said after a beginning that fills it, and keeps the rules of that", () => {
    const history = new ConversationHistory({ items: 8 });
    history.append(said("system", "Be kind."), true);
    for (let before = 1; before <= 12; before += 1) history.append(said("user", `before ${before}`), true);
    for (const text of ["one", "two", "three"]) history.append(said("user", text));
    const texts = history.items.map((item) => (item.type === "message" ? String(item.content) : ""));
    const before = [8, 9, 10, 11, 12].map((number) => `before ${number}`);
    expect(texts).toEqual(["Be kind.", ...before, "two", "three"]);
  });

  it("keeps the only thing that the system said, however long it is", () => {
    const history = new ConversationHistory({ characters: 10 });
    history.append(said("system", "12345678"));
    for (const text of ["ab", "cd"]) history.append(said("user", text));
    expect(history.items).toEqual([said("system", "12345678"), said("user", "cd")]);
  });

  it("leaves out a result whose call has gone", () => {
    const history = new ConversationHistory({ items: 2 });
    history.append(call("c1"));
    history.append(result("c1"));
    expect(history.items).toHaveLength(2);
    history.append(said("user", "hm"));
    expect(history.items).toEqual([said("user", "hm")]);
  });

  it("is never larger than its limits, whatever is done to it", () => {
    const id = fc.constantFrom("a", "b", "c", "d");
    const step = fc.oneof(
      fc.record({ op: fc.constant("note" as const), id, text: fc.string({ maxLength: 30 }) }),
      fc.record({ op: fc.constantFrom("reserve" as const, "remove" as const), id, text: fc.constant("") }),
      fc.record({ op: fc.constantFrom("append" as const, "clear" as const), id, text: fc.string({ maxLength: 30 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const history = new ConversationHistory({ items: 5, characters: 60 });
        for (const { op, id: key, text } of steps) {
          if (op === "note") history.note(key, said("user", text));
          else if (op === "append") history.append(said("system", text));
          else if (op === "clear") history.clear();
          else history[op](key);
          const texts = history.items.map((item) => (item.type === "message" ? String(item.content) : ""));
          expect(texts.length).toBeLessThanOrEqual(5);
          expect(texts.join("").length).toBeLessThanOrEqual(60);
        }
      }),
    );
  });
});

describe("ConversationHistory: calls whose ids come again", () => {
  it("takes the newest result back, and none of a call that has none", () => {
    const history = new ConversationHistory();
    const call = (n: number) =>
      history.note(`call ${n}`, { type: "tool-call", callId: "call_0", name: "f", arguments: "{}" });
    const result = (n: number) =>
      history.note(`result ${n}`, { type: "tool-result", callId: "call_0", output: `${n}` });
    for (const n of [1, 2]) {
      call(n);
      result(n);
    }
    history.removeResult("call_0");
    history.removeResult("call_1");
    expect(history.items.map((item) => (item.type === "tool-result" ? item.output : item.type))).toEqual([
      "tool-call",
      "1",
      "tool-call",
    ]);
  });
});

describe("a conversation as messages", () => {
  it("comes back as it went", () => {
    const parts = [{ type: "text", text: "look" }];
    const items = [said("system", "Be kind."), said("user", parts), call("c1"), result("c1"), said("assistant", "ok")];
    const messages = contextMessages(items);
    expect(messages[2]).toEqual({
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
    });
    expect(messages[3]).toEqual({ role: "tool", tool_call_id: "c1", content: "1" });
    expect(readContext(messages, "messages")).toEqual(items);
  });

  it("takes other spellings", () => {
    expect(readContext([{ role: "developer", content: "x" }], "m")).toEqual([said("system", "x")]);
    expect(readContext([{ role: "tool", tool_call_id: "c", content: { a: 1 } }], "m")).toMatchObject([
      { output: '{"a":1}' },
    ]);
    expect(readContext([{ role: "tool", tool_call_id: "c" }], "m")).toMatchObject([{ output: "null" }]);
  });

  it.each([
    ["hello", "m must be a list"],
    [["hello"], "m[0] must be an object"],
    [[{ role: "judge", content: "x" }], "m[0].role"],
    [[{ role: "user" }], "m[0].content is missing"],
    [[{ role: "tool", content: "x" }], "m[0].tool_call_id"],
    [[{ role: "assistant", tool_calls: [{ id: 1 }] }], "m[0].tool_calls[0] needs"],
    [[{ role: "assistant", tool_calls: [null] }], "m[0].tool_calls[0] needs"],
  ])("names what is wrong in %j", (messages, message) => {
    expect(() => readContext(messages, "m")).toThrow(message);
    expect(() => readContext(messages, "m")).toThrow(InvalidOptionsError);
  });
});
