import { describe, expect, it } from "vitest";
import type { Command } from "../../../src/contracts/dialogue.js";
import type { MediaPlan } from "../../../src/contracts/provider.js";
import type { DialogueRunner } from "../../../src/dialogue/dialogue-runner.js";
import { ManualClock } from "../../../src/testing/index.js";
import { CallbackQueue } from "../../../src/transport/callback-queue.js";
import { MicrophoneAudio } from "../../../src/transport/microphone-audio.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

/** A microphone on its way to a connection of which bytes wait to be sent. */
function speaking(media: Pick<MediaPlan, "uplink" | "pauseMs"> = { uplink: "pcm" }) {
  const clock = new ManualClock();
  const connection = { bufferedAmount: 0 };
  const sent: number[] = [];
  const advice: Command[] = [];
  const errors: string[] = [];
  const logged: string[] = [];
  const runner = {
    connection: connection as typeof connection | undefined,
    isReady: true,
    audio: (pcm: ArrayBuffer) => void sent.push(pcm.byteLength),
  };
  const microphone = new MicrophoneAudio(
    {
      media,
      clock,
      queue: new CallbackQueue(),
      runner: runner as unknown as DialogueRunner,
      logger: { ...silent, info: (line) => void logged.push(line) },
      advise: (command) => void advice.push(command),
      report: ({ message }) => void errors.push(message),
    },
    1_000,
  );
  return { clock, connection, runner, microphone, sent, advice, errors, logged };
}

const chunk = new ArrayBuffer(320);

describe("microphone audio: chunks", () => {
  it("are sent while there is a connection that is ready", () => {
    const { microphone, runner, sent } = speaking();
    microphone.send(chunk);
    runner.isReady = false;
    microphone.send(chunk);
    Object.assign(runner, { isReady: true, connection: undefined });
    microphone.send(chunk);
    expect(sent).toEqual([320]);
  });

  it("are dropped while the network is too slow, and both ends of that are told once", () => {
    const { microphone, connection, sent, errors, logged } = speaking();
    for (const waiting of [0, 2_000, 2_000, 600, 400, 0]) {
      connection.bufferedAmount = waiting;
      microphone.send(chunk);
    }
    expect(sent).toHaveLength(3);
    expect(errors).toEqual([expect.stringContaining("too slow")]);
    expect(logged).toEqual([expect.stringContaining("caught up")]);
  });

  it("that cannot be sent are reported once for each error, and again in the next session", () => {
    const { microphone, runner, errors } = speaking();
    let trouble = "a";
    runner.audio = () => {
      throw new Error(trouble);
    };
    for (const next of ["a", "a", "b"]) {
      trouble = next;
      microphone.send(chunk);
    }
    microphone.failed(new Error("b"));
    expect(errors).toEqual(["a", "b"]);
    microphone.end();
    microphone.send(chunk);
    expect(errors).toEqual(["a", "b", "b"]);
    for (let index = 0; index < 30; index += 1) microphone.failed(new Error(String(index)));
    expect(errors, "sixteen in a session").toHaveLength(2 + 16);
  });

  it("tell for how long the connection has taken nothing", () => {
    const { microphone, connection, clock, runner } = speaking();
    expect(microphone.stalledFor()).toBe(0);
    connection.bufferedAmount = 2_000;
    expect(microphone.stalledFor()).toBe(0);
    clock.advance(700);
    expect(microphone.stalledFor()).toBe(700);
    runner.connection = undefined;
    expect(microphone.stalledFor()).toBe(0);
  });
});

describe("microphone audio: a pause", () => {
  const paused = { type: "mic", on: false, pause: true };

  it("is told to a service that wants to know, once the chunks stop", () => {
    const { microphone, clock, advice } = speaking({ uplink: "pcm", pauseMs: 500 });
    microphone.send(chunk);
    clock.advance(499);
    expect(advice).toEqual([]);
    clock.advance(1);
    expect(advice).toEqual([paused]);
  });

  it("is none where the connection is lost, or the session ends", () => {
    for (const ends of ["recovering", "drop"] as const) {
      const { microphone, clock, advice } = speaking({ uplink: "pcm", pauseMs: 500 });
      microphone.send(chunk);
      microphone[ends]();
      expect(clock.pending).toBe(0);
      clock.advance(1_000);
      expect(advice).toEqual([]);
    }
  });

  it("is of no concern to other services", () => {
    const { microphone, clock } = speaking();
    microphone.send(chunk);
    expect(clock.pending).toBe(0);
  });
});

describe("microphone audio: a track", () => {
  it("carries the voice, and what it cannot carry is kept while the connection is opened again", async () => {
    const { microphone, advice, sent } = speaking({ uplink: "track" });
    microphone.send(chunk);
    microphone.ready(16_000);
    await Promise.resolve();
    expect([advice, sent], "nothing was missed").toEqual([[], []]);
    microphone.recovering();
    microphone.send(chunk);
    microphone.recovering();
    microphone.send(chunk);
    microphone.ready(16_000);
    await Promise.resolve();
    expect(advice).toEqual([{ type: "missed-speech", pcm: [chunk, chunk], rate: 16_000 }]);
    microphone.ready(16_000);
    await Promise.resolve();
    expect(advice, "it is told once").toHaveLength(1);
    expect(sent).toEqual([]);
  });

  it("keeps nothing for a session that has ended", async () => {
    const { microphone, advice } = speaking({ uplink: "track" });
    microphone.recovering();
    microphone.send(chunk);
    microphone.drop();
    microphone.ready(16_000);
    await Promise.resolve();
    expect(advice).toEqual([]);
  });

  it("is not stalled by what else waits to be sent", () => {
    const { microphone, connection, clock, errors } = speaking({ uplink: "track" });
    connection.bufferedAmount = 2_000;
    microphone.stalledFor();
    clock.advance(700);
    expect([microphone.stalledFor(), errors]).toEqual([0, []]);
  });
});
