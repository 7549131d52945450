import { createActor, fromCallback, setup, type AnyActorRef, type AnyEventObject } from "xstate";
import { describe, expect, it } from "vitest";
import { speakerMachine } from "../../machines/index.js";

/** The chart under a parent that writes down its facts, with an output that the test plays. */
function start(crashes = false) {
  const facts: AnyEventObject[] = [];
  const done: string[] = [];
  let held = 0;
  let play: (event: AnyEventObject) => void = () => undefined;
  const child = speakerMachine.provide({
    actors: {
      playback: fromCallback(({ sendBack }) => {
        if (crashes) throw new Error("scripted");
        held += 1;
        play = sendBack;
        return () => {
          held -= 1;
        };
      }),
    },
    actions: { flushPlayback: () => done.push("flushed"), resumePlayback: () => done.push("resumed") },
  });
  const parent = setup({ actors: { child } }).createMachine({
    invoke: { id: "child", src: "child" },
    on: { "*": { actions: ({ event }) => facts.push(event) } },
  });
  const root = createActor(parent).start();
  const speaker = root.getSnapshot().children.child as AnyActorRef;
  return {
    facts,
    done,
    held: () => held,
    state: () => (speaker.getSnapshot() as { value: unknown }).value,
    send: (type: string) => {
      speaker.send({ type });
    },
    play: (event: AnyEventObject) => {
      play(event);
    },
  };
}

describe("a running speaker", () => {
  it("flushes on an interruption in every state that has an output", () => {
    const { send, done, state } = start();
    send("bot.interrupted");
    expect(done).toEqual([]);
    send("speaker.requested");
    send("bot.interrupted");
    send("playback.began");
    send("bot.interrupted");
    expect(state()).toEqual({ open: { sound: "silent", output: "running" } });
    send("playback.blocked");
    send("bot.interrupted");
    expect(done).toEqual(["flushed", "flushed", "flushed"]);
  });

  it("tells when it is blocked, tries to resume at a gesture, and tells when it is not any more", () => {
    const { send, done, play, facts } = start();
    send("gesture.made");
    send("speaker.requested");
    play({ type: "playback.blocked" });
    send("gesture.made");
    expect(done).toEqual(["resumed"]);
    play({ type: "playback.unblocked" });
    expect(facts).toEqual([{ type: "playback.blocked" }, { type: "playback.unblocked" }]);
  });

  it.each(["blocked", "interrupted"] as const)(
    "speaks on where it was %s in mid-sentence, unless it is interrupted",
    (held) => {
      const { send, state } = start();
      send("speaker.requested");
      send("playback.began");
      send(`playback.${held}`);
      expect(state()).toEqual({ open: { sound: "speaking", output: held } });
      send("playback.unblocked");
      expect(state()).toEqual({ open: { sound: "speaking", output: "running" } });
      send(`playback.${held}`);
      send("bot.interrupted");
      send("playback.unblocked");
      expect(state()).toEqual({ open: { sound: "silent", output: "running" } });
    },
  );

  it("tells of an output that failed, lets go of it, and opens another when it is asked to", () => {
    const { send, play, facts, held } = start();
    send("speaker.requested");
    const fact = { type: "playback.failed", fault: { id: 1, code: "device-error", message: "none", retryable: false } };
    play(fact);
    expect([facts, held()]).toEqual([[fact], 0]);
    send("speaker.requested");
    expect(held()).toBe(1);
    send("speaker.released");
    expect(held()).toBe(0);
  });

  it("tells of a crash as of an output that failed", () => {
    const { send, facts, state } = start(true);
    send("speaker.requested");
    expect(facts).toMatchObject([{ type: "playback.failed", fault: { code: "internal-error" } }]);
    expect(state()).toBe("failed");
  });
});
