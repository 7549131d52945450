import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import type { Connection } from "../../../src/contracts/connection.js";
import type { Command, Dialogue, Effect, Expects } from "../../../src/contracts/dialogue.js";
import type { PlayedItem } from "../../../src/contracts/speaker.js";
import { DialogueRunner } from "../../../src/dialogue/dialogue-runner.js";
import {
  InvalidOptionsError,
  NotReadyError,
  ProtocolError,
  RtviMachineError,
  ServiceError,
} from "../../../src/errors.js";
import { INBOUND_LIMITS } from "../../../src/policy/token-bucket.js";
import { drain } from "../../../packages/testkit/src/worlds/world.js";

const PLAYED = { itemId: "a", playedSamples: 1, receivedSamples: 2, sampleRate: 24_000 };

/** What the app sends: a message of this type. */
const message = (type: string): Command => ({ type: "message", message: new RTVIMessage(type, {}) });

/** @param messages What is sent by the app in the very moment that the service is ready; `act` through a helper. */
function rig(messages: readonly string[] = []) {
  const received: unknown[] = [];
  const sent: string[] = [];
  const reported: RtviMachineError[] = [];
  let now = 0;
  const nothing = () => [];
  const told: string[] = [];
  const logged: string[] = [];
  const warned: string[] = [];
  const refused: string[] = [];
  const played: (readonly PlayedItem[])[] = [];
  const standing = { expects: "reply" as Expects, isReady: true, isBusy: false, flushes: true };
  const endings: { readonly keeps: boolean }[] = [];
  let last: Effect[] = [];
  const dialogue: Dialogue = {
    get isReady() {
      return standing.isReady;
    },
    get isBusy() {
      return standing.isBusy;
    },
    get expects() {
      return standing.expects;
    },
    open: nothing,
    receive: (data) => {
      received.push(data);
      standing.expects = "nothing";
      if (data === "ready") return [{ type: "ready", continuity: "fresh" }];
      if (Array.isArray(data)) return data as Effect[];
      const [kind, text = ""] = typeof data === "string" ? data.split(": ") : [];
      if (kind === "nonsense") return [{ type: "report", error: new ProtocolError(text) }];
      return kind === "trouble" ? [{ type: "report", error: new ServiceError(text) }] : [];
    },
    playback: nothing,
    played: (items) => {
      played.push(items);
      return [];
    },
    probe: () => undefined,
    command: (command) => {
      if (command.type === "interrupt") return [{ type: "flush" }];
      if (command.type !== "message") throw new InvalidOptionsError(`no ${command.type}`);
      const { type, id } = command.message;
      if (type === "disconnect-bot") return [{ type: "end" }];
      return [
        { type: "send", event: { type } },
        { type: "deliver", message: { type: "told", id } },
      ];
    },
    unsent: (effects) => effects.map(({ type }) => ({ type: "log", level: "debug", message: `unsent ${type}` })),
    end: (keeps) => {
      endings.push({ keeps });
      return last;
    },
  };
  const ignore = (): void => undefined;
  const isOurs = (error: Error): void => {
    if (error instanceof RtviMachineError) reported.push(error);
  };
  const runner: DialogueRunner = new DialogueRunner(
    {
      enter: (run) => run(),
      deliver: ({ type }) => told.push(type),
      reject: (_, error) => refused.push(error.message),
      play: (itemId) => told.push(`play ${itemId}`),
      flush: () => {
        told.push("flush");
        return standing.flushes ? Promise.resolve([PLAYED]) : Promise.reject(new Error("no player"));
      },
      tell: ({ type }) => told.push(type),
      ready: () => {
        for (const type of messages) {
          if (type === "act") runner.command([message(type)]);
          else runner.command([message(type)], ({ message: why }) => refused.push(why));
        }
      },
      changeConnection: (afterMs, withinMs) => told.push(`change ${afterMs} ${withinMs}`),
      stands: (expects, isBusy) => told.push(isBusy ? `${expects}, busy` : expects),
      unconfirmed: (all) => told.push(`unconfirmed ${all.length}`),
      report: isOurs,
      // As a session does that has lost its connection.
      lost: ({ message: why }) => {
        runner.end(true);
        told.push(`lost: ${why}`);
      },
      end: () => runner.end(false),
      logger: {
        debug: (line) => logged.push(line),
        info: ignore,
        warn: (line) => warned.push(line),
        error: ignore,
      },
    },
    "Acme",
    () => now,
  );
  let full = false;
  /** A connection opens. Returns what to call with each message of it, as a transport reads them. */
  const begin = () => {
    const connection: Connection = {
      isOpen: true,
      bufferedAmount: 0,
      maxMessageSize: Infinity,
      send: (event) => {
        if (full) throw new Error("full");
        sent.push(JSON.stringify(event));
      },
      sendEncoded: (data) => {
        if (full) throw new Error("full");
        sent.push(typeof data === "string" ? data : "bytes");
      },
      audio: () => sent.push("audio"),
      close: ignore,
    };
    runner.begin(dialogue, connection);
    return (data: unknown): void => {
      if (runner.connection !== connection) return;
      told.push("received");
      if (runner.admits(data instanceof ArrayBuffer || typeof data === "string" ? data : ""))
        runner.do((dialogue) => dialogue.receive(data));
    };
  };
  const receive = begin();
  const fill = (): void => {
    full = true;
  };
  const pass = (ms: number) => (now += ms);
  const says = (...effects: Effect[]): void => {
    last = effects;
  };
  return {
    ...{ begin, endings, fill, logged, pass, played, receive, received, refused, reported, runner, says, sent },
    ...{ standing, told, warned },
  };
}

describe("DialogueRunner and what a service sends", () => {
  it("tells after every message what is still due", () => {
    const { received, receive, runner, told } = rig();
    expect(told).toEqual(["reply"]);
    receive("fine");
    expect(told).toEqual(["reply", "received", "nothing"]);
    receive(new ArrayBuffer(INBOUND_LIMITS.longest + 1));
    expect(told.at(-1)).toBe("received");
    runner.end(true);
    receive("late");
    expect(told.slice(4), "without a connection nothing is due").toEqual(["nothing"]);
    expect(received).toEqual(["fine"]);
  });

  it("does not read a message that is too long, and says so", () => {
    const { received, reported, receive } = rig();
    receive(new ArrayBuffer(INBOUND_LIMITS.longest + 1));
    receive("fine");
    expect(received).toEqual(["fine"]);
    expect(reported.map(({ code, message }) => [code, message])).toEqual([
      ["protocol-error", "Acme sent a message of 16777217 bytes, which is too long: it was not read."],
    ]);
  });

  it("sheds a flood, says so once, and goes on when it is over", () => {
    const { received, reported, receive, pass } = rig();
    for (let count = 0; count < INBOUND_LIMITS.burst + 500; count += 1) receive("");
    expect(received).toHaveLength(INBOUND_LIMITS.burst);
    expect(reported).toHaveLength(1);
    pass(10_000);
    receive("after");
    expect(received.at(-1)).toBe("after");
  });

  it("sheds long messages before many of them are read", () => {
    const { received, reported, receive } = rig();
    const long = "x".repeat(11 * 1024 * 1024);
    for (let count = 0; count < 100; count += 1) receive(long);
    expect(received.length).toBeLessThan(4);
    expect(reported).toHaveLength(1);
  });
});

describe("DialogueRunner and the nonsense of a service", () => {
  it("is told once for each connection, and how often more when that ends", () => {
    const { reported, warned, receive, begin, runner } = rig();
    for (let count = 0; count < 1_000; count += 1) receive("nonsense: what?");
    receive("nonsense: and what?");
    expect(reported.map(({ message }) => message)).toEqual(["what?", "and what?"]);
    expect(warned).toEqual([]);
    runner.end(true);
    runner.end(true);
    expect(warned).toEqual(["Acme gave cause for 999 more errors like those that were told."]);
    begin()("nonsense: what?");
    expect(reported).toHaveLength(3);
    runner.end(true);
    expect(warned).toHaveLength(1);
  });

  it("is told in so many kinds, and hides no flood", () => {
    const { reported, receive } = rig();
    for (let kind = 0; kind < 1_000; kind += 1) receive(`nonsense: ${kind}`);
    expect(reported).toHaveLength(16);
    for (let count = 0; count < INBOUND_LIMITS.burst; count += 1) receive("");
    expect(reported).toHaveLength(17);
    expect(reported.at(-1)?.message).toContain("more than a conversation needs");
  });

  it("is not what the service itself calls an error: that is told each time", () => {
    const { reported, receive } = rig();
    for (let count = 0; count < 40; count += 1) receive("trouble: overloaded");
    expect(reported).toHaveLength(40);
  });

  it("is not told for ever where it comes with every message: at last once a second, and how often is logged", () => {
    const { reported, receive, pass, runner, warned } = rig();
    for (let count = 0; count < 1_000; count += 1) receive("trouble: overloaded");
    expect(reported).toHaveLength(64);
    for (let second = 0; second < 3; second += 1) {
      pass(1_000);
      for (let count = 0; count < 50; count += 1) receive("trouble: overloaded");
    }
    expect(reported).toHaveLength(67);
    runner.end(true);
    expect(warned).toEqual(["Acme gave cause for 1083 more errors like those that were told."]);
  });
});

describe("DialogueRunner and what an app sends", () => {
  it("loses nothing that was taken before the end, also when the end came while something else was under way", () => {
    const { receive, sent } = rig(["one", "disconnect-bot", "two"]);
    receive("ready");
    expect(sent).toEqual(['{"type":"one"}', '{"type":"two"}']);
  });

  it("throws what the connection throws, and nothing more of the act happens than the dialogue says", () => {
    const { fill, runner, logged, told } = rig();
    fill();
    expect(() => runner.command([message("one")])).toThrow("full");
    expect(logged.slice(1)).toEqual(["unsent send", "unsent deliver"]);
    expect(told).not.toContain("told");
  });

  it("tells what the connection throws where it is too late to throw, or reports it", () => {
    const { fill, receive, refused, reported, told } = rig(["one", "act", "disconnect-bot", "two"]);
    fill();
    receive("ready");
    expect(refused).toEqual(["full", "full"]);
    expect(reported).toMatchObject([{ code: "connection-lost", message: "full" }]);
    expect(told).not.toContain("told");
  });

  it("goes on where the connection takes nothing that the app has not asked for: its end says the rest", () => {
    const { fill, receive, logged, reported, told } = rig();
    fill();
    receive([
      { type: "send", event: { type: "one" } },
      { type: "deliver", message: { type: "two" } },
    ] satisfies Effect[]);
    expect(told).toContain("two");
    expect(logged).toEqual(["A message could not be sent"]);
    expect(reported).toEqual([]);
  });

  it("throws what the dialogue throws, and carries out what came before", async () => {
    const { runner, told, sent, played } = rig();
    told.length = 0;
    expect(() => runner.command([{ type: "interrupt" }, { type: "run" }, message("one")])).toThrow("no run");
    expect(told).toEqual(["flush", "reply"]);
    expect(sent).toEqual([]);
    await drain();
    expect(played).toEqual([[PLAYED]]);
  });

  it("takes nothing before the dialogue is ready, nor without one", () => {
    const { runner, standing, sent } = rig();
    standing.isReady = false;
    expect(() => runner.command([message("one")])).toThrow(NotReadyError);
    standing.isReady = true;
    runner.end(true);
    expect(() => runner.command([message("one")])).toThrow(NotReadyError);
    expect(sent).toEqual([]);
  });
});

describe("DialogueRunner and the effects of a dialogue", () => {
  it("carries them out in their order, and what they lead to after them", async () => {
    const { receive, told, sent } = rig();
    told.length = 0;
    receive([
      { type: "tell", fact: { type: "voice.began" } },
      { type: "play", itemId: "a", pcm: new ArrayBuffer(2) },
      { type: "soon", run: () => [{ type: "deliver", message: { type: "later" } }] },
      { type: "send-encoded", data: "encoded" },
      { type: "change-connection", withinMs: 5 },
      { type: "change-connection", afterMs: 3, withinMs: 4 },
      { type: "unconfirmed", messages: [new RTVIMessage("a", {})] },
      { type: "deliver", message: { type: "now" } },
    ] satisfies Effect[]);
    // Whether this is a quiet moment has to be known first.
    const changes = ["nothing", "change 0 5", "nothing", "change 3 4"];
    const now = ["received", "voice.began", "play a", ...changes, "unconfirmed 1", "now", "nothing"];
    expect(told).toEqual(now);
    expect(sent).toEqual(["encoded"]);
    await drain();
    expect(told.slice(now.length)).toEqual(["later", "nothing"]);
  });

  it("tells the dialogue what was played, unless its connection is gone by then", async () => {
    const { receive, runner, played } = rig();
    receive([{ type: "flush" }]);
    await drain();
    expect(played).toEqual([[PLAYED]]);
    receive([{ type: "flush" }, { type: "soon", run: () => [{ type: "flush" }] }]);
    runner.end(true);
    await drain();
    expect(played).toHaveLength(1);
  });

  it("tells the dialogue that a flush is over, also where the player does not say what was played", async () => {
    const { receive, standing, played, warned } = rig();
    standing.flushes = false;
    receive([{ type: "flush" }]);
    await drain();
    expect(played).toEqual([[]]);
    expect(warned).toEqual(["The player could not be flushed"]);
  });

  it("tells what stands after each of them: what is due, and whether somebody speaks", () => {
    const { runner, standing, told } = rig();
    told.length = 0;
    Object.assign(standing, { expects: "progress", isBusy: true });
    runner.perform([]);
    runner.end(true);
    runner.perform([{ type: "deliver", message: { type: "late" } }]);
    expect(told).toEqual(["progress, busy", "nothing"]);
  });

  it("carries out nothing more of a connection that is of no use, but what its dialogue has to say at its end", () => {
    const { receive, says, told, sent, endings } = rig();
    says(
      { type: "deliver", message: { type: "last words" } },
      { type: "send", event: { type: "too late" } },
      { type: "play", itemId: "a", pcm: new ArrayBuffer(2) },
    );
    told.length = 0;
    receive([
      { type: "fault", error: new ServiceError("gone") },
      { type: "send", event: { type: "behind" } },
      { type: "play", itemId: "b", pcm: new ArrayBuffer(2) },
    ] satisfies Effect[]);
    expect(told).toEqual(["received", "last words", "nothing", "lost: gone"]);
    expect(sent).toEqual([]);
    expect(endings).toEqual([{ keeps: true }]);
  });

  it("says once for each transport what is to be said once", () => {
    const { receive, begin, logged, warned } = rig();
    const once: Effect = { type: "log", level: "warn", message: "old protocol", once: true };
    const often: Effect = { type: "log", level: "debug", message: "again" };
    receive([once, often, once, often]);
    begin()([once, often]);
    expect(warned).toEqual(["old protocol"]);
    expect(logged).toEqual(["again", "again", "again"]);
  });

  it("ends the connection before, where another begins, for the conversation to go on", () => {
    const { begin, endings } = rig();
    begin();
    expect(endings).toEqual([{ keeps: true }]);
  });

  it("asks no dialogue for anything without a connection", () => {
    const { runner, told } = rig();
    runner.end(true);
    told.length = 0;
    runner.do(() => [{ type: "deliver", message: { type: "late" } }]);
    expect(runner.probe()).toBe(false);
    expect(told).toEqual([]);
  });

  it("carries out nothing for a connection that ended while its dialogue was asked", () => {
    const { runner, told } = rig();
    told.length = 0;
    runner.do(() => {
      runner.end(true);
      return [{ type: "deliver", message: { type: "late" } }];
    });
    expect(told).toEqual(["nothing"]);
  });

  it("sends the audio, and none without a connection", () => {
    const { runner, sent } = rig();
    runner.audio(new ArrayBuffer(2));
    runner.end(true);
    runner.audio(new ArrayBuffer(2));
    expect(sent).toEqual(["audio"]);
  });
});
