import { RTVIMessage } from "@pipecat-ai/client-js";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { InvalidOptionsError, NotReadyError } from "../../../../src/errors.js";
import { ServicesResponder } from "../../../../src/services/responder/services-responder.js";
import type { ServiceTable } from "../../../../src/services/responder/service-table.js";
import { listed, sameValue } from "../../../../src/services/responder/values.js";

interface Settings {
  readonly voice: string;
  readonly speed?: number;
  readonly model: string;
}

function rig() {
  const say = vi.fn((_args: object): unknown => true);
  const table: ServiceTable<Settings> = {
    tts: {
      options: {
        voice: { type: "string", get: ({ voice }) => voice, set: (all, voice) => ({ ...all, voice: String(voice) }) },
        speed: {
          type: "number",
          get: ({ speed }) => speed,
          set: (all, speed) => {
            if (Number(speed) > 4) throw new InvalidOptionsError("tts.speed is at most 4.");
            return { ...all, speed: Number(speed) };
          },
        },
      },
      actions: {
        say: {
          arguments: { text: { type: "string", required: true }, interrupt: { type: "bool" } },
          result: "bool",
          run: say,
        },
      },
    },
    llm: { options: { model: { type: "string", get: ({ model }) => model } }, actions: {} },
  };
  const host = {
    settings: { voice: "a", model: "m" } as Settings,
    apply: vi.fn((next: Settings) => {
      host.settings = next;
    }),
  };
  const server = new ServicesResponder(table, host);
  const ask = (type: string, data: unknown = {}) => server.answer(new RTVIMessage(type, data));
  const update = (service: unknown, name: unknown, value: unknown, interrupt?: unknown) =>
    ask("update-config", { config: [{ service, options: [{ name, value }] }], interrupt });
  return { server, host, say, ask, update };
}

const CONFIG = [
  { service: "tts", options: [{ name: "voice", value: "a" }] },
  { service: "llm", options: [{ name: "model", value: "m" }] },
];

describe("ServicesResponder", () => {
  it("answers in the shapes of protocol 0.3", () => {
    const { ask } = rig();
    expect(ask("get-config")).toEqual({ type: "config", data: { config: CONFIG } });
    expect(ask("describe-config")).toEqual({
      type: "config-available",
      data: {
        config: [
          {
            name: "tts",
            options: [
              { name: "voice", type: "string" },
              { name: "speed", type: "number" },
            ],
          },
          { name: "llm", options: [{ name: "model", type: "string" }] },
        ],
      },
    });
    expect(ask("describe-actions")).toEqual({
      type: "actions-available",
      data: {
        actions: [
          {
            service: "tts",
            action: "say",
            arguments: [
              { name: "text", type: "string" },
              { name: "interrupt", type: "bool" },
            ],
            result: "bool",
          },
        ],
      },
    });
    const say = { service: "tts", action: "say", arguments: [{ name: "text", value: "hi" }] };
    expect(ask("action", say)).toEqual({ type: "action-response", data: { result: true } });
    expect(ask("send-text")).toBeUndefined();
    expect(ask("toString")).toBeUndefined();
  });

  it("answers an update with the whole configuration, and hands over what changed, once", () => {
    const { ask, host } = rig();
    const options = [
      { name: "voice", value: "b" },
      { name: "speed", value: 2 },
    ];
    const answer = ask("update-config", { config: [{ service: "tts", options }] });
    expect(answer?.data).toEqual({ config: [{ service: "tts", options }, CONFIG[1]] });
    expect(host.apply.mock.calls).toEqual([[{ voice: "b", speed: 2, model: "m" }, false]]);
  });

  it("takes its own configuration back, read-only options too, and changes nothing", () => {
    const { ask, host } = rig();
    expect(ask("update-config", { config: CONFIG })?.data).toEqual({ config: CONFIG });
    expect(host.apply).not.toHaveBeenCalled();
    ask("update-config", { config: CONFIG, interrupt: true });
    expect(host.apply).toHaveBeenCalledWith(host.settings, true);
  });

  it("changes all or nothing", () => {
    const { ask, host } = rig();
    const config = [
      { service: "tts", options: [{ name: "voice", value: "b" }] },
      { service: "llm", options: [{ name: "model", value: "other" }] },
    ];
    expect(() => ask("update-config", { config })).toThrow("llm.model can only be read.");
    expect(host.apply).not.toHaveBeenCalled();
    expect(ask("get-config")?.data).toEqual({ config: CONFIG });
  });

  it.each([
    ["a service", "sst", "model", "m", 'There is no service "sst". The services are "tts" and "llm".'],
    ["an option", "tts", "tempo", 1, 'There is no option tts.tempo. The options of "tts" are "voice" and "speed".'],
    ["a prototype's", "tts", "constructor", 1, "There is no option tts.constructor."],
    ["a prototype", "__proto__", "voice", 1, 'There is no service "__proto__".'],
    ["a type", "tts", "voice", 7, "tts.voice must be a string."],
    ["a number", "tts", "speed", Number.NaN, "tts.speed must be a number."],
    ["a value", "tts", "speed", 9, "tts.speed is at most 4."],
    ["a service's name", 4, "voice", "b", "config needs a string `service`."],
    ["an option's name", "tts", null, "b", "an option of tts needs a string `name`."],
  ])("names %s that is wrong, and what is known", (_, service, name, value, message) => {
    const { update, host } = rig();
    expect(() => update(service, name, value)).toThrow(message);
    expect(() => update(service, name, value)).toThrow(InvalidOptionsError);
    expect(host.apply).not.toHaveBeenCalled();
  });

  it.each([
    [{ service: "tts", action: "sing" }, 'There is no action tts:sing. The actions of "tts" are "say".'],
    [{ service: "llm", action: "say" }, 'The actions of "llm" are none.'],
    [{ service: "tts" }, "action needs a string `action`."],
    [{}, "action needs a string `service`."],
    [undefined, "action needs a string `service`."],
    [{ service: "tts", action: "say" }, "tts:say.text is missing."],
    [{ service: "tts", action: "say", arguments: [{ name: "text", value: null }] }, "tts:say.text is missing."],
    [{ service: "tts", action: "say", arguments: [{ name: "text", value: 1 }] }, "tts:say.text must be a string."],
    [{ service: "tts", action: "say", arguments: [{ name: "tune", value: 1 }] }, 'There is no argument "tune".'],
    [{ service: "tts", action: "say", arguments: "hi" }, "arguments must be a list of objects."],
  ])("refuses the action %j", (data, message) => {
    const { ask, say } = rig();
    expect(() => ask("action", data)).toThrow(message);
    expect(say).not.toHaveBeenCalled();
  });

  it("hands an action the arguments that were sent, and passes on what it throws", () => {
    const { ask, say } = rig();
    const args = [
      { name: "text", value: "hi" },
      { name: "interrupt", value: null },
    ];
    ask("action", { service: "tts", action: "say", arguments: args });
    expect(say.mock.calls).toEqual([[{ text: "hi" }]]);
    say.mockImplementation(() => {
      throw new NotReadyError("not yet");
    });
    expect(() => ask("action", { service: "tts", action: "say", arguments: args })).toThrow(NotReadyError);
  });

  it("bears any data: an answer, or an error that says what is wrong", () => {
    const types = fc.constantFrom("get-config", "update-config", "describe-config", "describe-actions", "action");
    fc.assert(
      fc.property(types, fc.anything(), (type, data) => {
        const { ask } = rig();
        try {
          expect(ask(type, data)).toHaveProperty("data");
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidOptionsError);
        }
      }),
    );
  });
});

describe("values", () => {
  it("compares JSON whatever the order of keys", () => {
    expect(sameValue({ a: [1, { b: 2, c: null }] }, { a: [1, { c: null, b: 2 }] })).toBe(true);
    for (const other of [{ a: 1, b: 2 }, { b: 1 }, [1], null, 1, { a: undefined }]) {
      expect(sameValue({ a: 1 }, other)).toBe(false);
    }
    expect(sameValue([1, 2], [1])).toBe(false);
    expect(sameValue({ a: undefined }, { b: undefined })).toBe(false);
  });

  it("lists names", () => {
    expect(listed([])).toBe("none");
    expect(listed(["a"])).toBe('"a"');
    expect(listed(["a", "b", "c"])).toBe('"a", "b" and "c"');
  });
});
