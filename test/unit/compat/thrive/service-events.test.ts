import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../../src/errors.js";
import { serviceEvent } from "../../../../src/compat/thrive/service-events.js";

const item = (given: object, dialect: "ga" | "beta" = "ga") =>
  serviceEvent({ type: "conversation.item.create", item: given }, dialect).item;

describe("conversation.item.create", () => {
  it.each([
    ["user", "ga", "input_text"],
    ["system", "ga", "input_text"],
    ["assistant", "ga", "output_text"],
    ["user", "beta", "input_text"],
    ["assistant", "beta", "text"],
  ] as const)("makes a part of a plain string: %s in %s says %s", (role, dialect, type) => {
    expect(item({ type: "message", role, content: "Hello!" }, dialect)).toEqual({
      type: "message",
      role,
      content: [{ type, text: "Hello!" }],
    });
  });

  it("keeps the item's id, and parts in the service's own shape", () => {
    const audio = { type: "input_audio", audio: "AAAA" };
    const given = { id: "i", type: "message", role: "user", content: [{ type: "text", text: "Hi" }, audio] };
    expect(item(given)).toEqual({ ...given, content: [{ type: "input_text", text: "Hi" }, audio] });
  });

  it("leaves items alone that are no messages", () => {
    const output = { type: "function_call_output", call_id: "c", output: "0" };
    expect(item(output)).toEqual(output);
    expect(serviceEvent({ type: "conversation.item.create", item: 7 }, "ga").item).toBe(7);
  });

  it.each([{ content: "x" }, { role: "nobody", content: "x" }, { role: "user", content: [] }, { role: "user" }])(
    "refuses %j",
    (given) => {
      expect(() => item(given)).toThrow(InvalidOptionsError);
    },
  );
});

describe("session.update", () => {
  const session = (given: unknown, dialect: "ga" | "beta" = "ga") =>
    serviceEvent({ type: "session.update", event_id: "e", session: given }, dialect);

  it("turns a flat session into a GA one, and sends only what is in it", () => {
    expect(
      session({ voice: "echo", instructions: "Be brief.", modalities: ["text"], input_audio_format: "pcm16" }),
    ).toEqual({
      type: "session.update",
      event_id: "e",
      session: {
        type: "realtime",
        instructions: "Be brief.",
        output_modalities: ["text"],
        audio: { output: { voice: "echo" } },
      },
    });
  });

  it("sends a GA session as it is, but with the only format that is played", () => {
    const given = { type: "realtime", audio: { output: { format: { type: "audio/pcmu" }, speed: 1.2 } } };
    expect(session(given).session).toMatchObject({
      type: "realtime",
      audio: { output: { format: { type: "audio/pcm", rate: 24_000 }, speed: 1.2 } },
    });
  });

  it("speaks beta to a beta service", () => {
    expect(session({ voice: "echo" }, "beta").session).toEqual({ voice: "echo" });
    expect(session({ type: "realtime" }, "beta").session).toEqual({ type: "realtime" });
  });

  it("names what cannot be sent", () => {
    expect(() => session({ voice: 7 })).toThrow("session.voice");
    expect(session(undefined).session).toBeUndefined();
  });
});

describe("response.create", () => {
  it("renames what GA calls by another name, and lets GA's own names win", () => {
    const response = {
      modalities: ["text", "audio"],
      voice: "echo",
      max_response_output_tokens: 10,
      temperature: 0.8,
      output_audio_format: "pcm16",
      instructions: "Sing.",
      input: [{ type: "message", role: "user", content: "La." }],
      metadata: { a: "b" },
    };
    expect(serviceEvent({ type: "response.create", response }, "ga").response).toEqual({
      output_modalities: ["audio"],
      audio: { output: { voice: "echo" } },
      max_output_tokens: 10,
      instructions: "Sing.",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "La." }] }],
      metadata: { a: "b" },
    });
    const both = { modalities: ["audio"], output_modalities: ["text"] };
    expect(serviceEvent({ type: "response.create", response: both }, "ga").response).toEqual({
      output_modalities: ["text"],
    });
  });

  it("is left alone without fields, and in beta", () => {
    expect(serviceEvent({ type: "response.create" }, "ga")).toEqual({ type: "response.create" });
    const event = { type: "response.create", response: { modalities: ["text"] } };
    expect(serviceEvent(event, "beta")).toEqual(event);
  });
});

it("Thrive events: sends every other event as it is, and refuses what is none", () => {
  const event = { type: "input_audio_buffer.commit", event_id: "e" };
  expect(serviceEvent(event, "ga")).toEqual(event);
  for (const wrong of [undefined, "x", {}, { type: "" }]) expect(() => serviceEvent(wrong, "ga")).toThrow("type");
});
