import { describe, expect, it } from "vitest";
import type { InspectionEvent } from "xstate";
import { inspectionOf, typeOfMessage } from "../../../src/actors/inspection.js";
import type { Connection } from "../../../src/contracts/connection.js";
import type { MeasuredSession, Measuring, MessageOutline } from "../../../src/contracts/inspector.js";
import type { SpeakerPort } from "../../../src/contracts/speaker.js";
import { InvalidOptionsError, type Logger } from "../../../src/index.js";
import { ManualClock, ScriptedSpeaker, ScriptedTransport } from "../../../src/testing/index.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

const event = { type: "@xstate.actor", rootId: "x:0" } as unknown as InspectionEvent;

describe("inspect: the option", () => {
  it("takes an inspector, an observer, a function, and several of them", () => {
    const seen: string[] = [];
    const inspection = inspectionOf(
      [{ inspect: () => seen.push("inspector") }, { next: () => seen.push("observer") }, () => seen.push("function")],
      silent,
    );
    inspection!.inspect(event);
    expect(seen).toEqual(["inspector", "observer", "function"]);
  });

  it("keeps an inspector's own `this`", () => {
    class Counter {
      count = 0;
      inspect(): void {
        this.count += 1;
      }
    }
    const counter = new Counter();
    inspectionOf(counter, silent)!.inspect(event);
    expect(counter.count).toBe(1);
  });

  it("costs nothing without an inspector", () => {
    expect(inspectionOf(undefined, silent)).toBeUndefined();
    expect(inspectionOf([], silent)).toBeUndefined();
    expect(inspectionOf(() => undefined, silent)!.measure).toBeUndefined();
    expect(inspectionOf(() => undefined, silent)!.message).toBeUndefined();
  });

  it.each([null, 7, "statelyInspector", {}, [{ inspect: "yes" }]])(
    "refuses %j when the transport is made",
    (inspect) => {
      expect(() => new ScriptedTransport({ inspect: inspect as never })).toThrow(InvalidOptionsError);
    },
  );

  it("lets several measure, one around the other, and goes on without one that throws", () => {
    const followed: string[] = [];
    const around = (name: string) => ({
      inspect: () => undefined,
      measure: ({ speaker }: MeasuredSession): Measuring => ({
        speaker: Object.assign(Object.create(speaker) as SpeakerPort, { [name]: name }),
        follow: () => void followed.push(name),
      }),
    });
    const errors: unknown[] = [];
    const broken = {
      inspect: () => undefined,
      measure: (): Measuring => {
        throw new Error("of an inspector");
      },
    };
    const { measure } = inspectionOf([around("one"), broken, around("other")], {
      ...silent,
      error: (...line) => void errors.push(line),
    })!;
    const { speaker, follow } = measure!({ speaker: new ScriptedSpeaker(), timers: new ManualClock() });
    expect(speaker).toMatchObject({ one: "one", other: "other" });
    follow({} as Connection, new AbortController().signal);
    expect(followed).toEqual(["one", "other"]);
    expect(errors).toHaveLength(1);
  });

  it("logs once what an inspector throws, and goes on with the others", () => {
    const logged: unknown[] = [];
    const logger: Logger = { ...silent, error: (...line) => void logged.push(line) };
    const defect = new Error("defect");
    let reached = 0;
    const throws = (): never => {
      throw defect;
    };
    const inspection = inspectionOf([throws, () => (reached += 1)], logger)!;
    inspection.inspect(event);
    inspection.inspect(event);
    expect(reached).toBe(2);
    expect(logged).toEqual([[expect.stringContaining("options.inspect threw"), defect]]);
  });
});

describe("inspect: an inspector that is async", () => {
  it("may reject, which is logged once", async () => {
    const logged: unknown[] = [];
    const rejects = (): void => Promise.reject(new Error("offline")) as never;
    const inspector = { inspect: rejects, message: rejects };
    const { inspect, message } = inspectionOf(inspector, { ...silent, error: (...line) => void logged.push(line) })!;
    inspect(event);
    inspect(event);
    message?.("received", "{}");
    await new Promise((resolve) => setTimeout(resolve, 0));
    // Its events, and its messages.
    expect(logged).toHaveLength(2);
  });
});

describe("inspect: messages in outline", () => {
  const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

  it.each([
    ['{"type":"response.done","response":{}}', "response.done"],
    ['{"event_id":"e","type":"session.created"}', "session.created"],
    ['{"serverContent":{"modelTurn":{}}}', "serverContent.modelTurn"],
    ['{"setup":{"model":"m"}}', "setup.model"],
    ['{"goAway":"soon"}', "goAway"],
    ['{"text":"they said \\"type\\":\\"secret\\""}', "text"],
    ["hello there", "text"],
  ])("names %s", (text, name) => {
    expect(typeOfMessage(text)).toBe(name);
  });

  it("names what is inside a frame, and sound", () => {
    expect(typeOfMessage(bytes('\u0012\u0004{"label":"rtvi-ai","type":"bot-ready"}'))).toBe("bot-ready");
    expect(typeOfMessage(bytes('{"type":"bot-ready"}').buffer)).toBe("bot-ready");
    expect(typeOfMessage(new ArrayBuffer(960))).toBe("audio");
  });

  it("reach an inspector that wants them, with their size", () => {
    const seen: MessageOutline[] = [];
    const inspection = inspectionOf(
      { inspect: () => undefined, message: (outline) => void seen.push(outline) },
      silent,
    )!;
    inspection.message!("received", '{"type":"a"}');
    inspection.message!("sent", new ArrayBuffer(960));
    inspection.message!("sent", new Blob(['{"type":"b"}']));
    inspection.message!("sent", "");
    expect(seen).toEqual([
      { direction: "received", type: "a", size: 12 },
      { direction: "sent", type: "audio", size: 960 },
      { direction: "sent", type: "audio", size: 12 },
    ]);
  });
});
