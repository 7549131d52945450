import { describe, expect, it } from "vitest";
import { flightRecorder, replay, type Recording } from "../../../src/inspect/index.js";
import { ScriptedGemini } from "../../../packages/testkit/src/scripted/scripted-gemini.js";
import { ScriptedOpenAI } from "../../../packages/testkit/src/scripted/scripted-openai.js";
import { ScriptedPipecat } from "../../../packages/testkit/src/scripted/scripted-pipecat.js";
import type { ScriptedService } from "../../../packages/testkit/src/scripted/scripted-service.js";
import { ServiceWorld } from "../../../packages/testkit/src/worlds/service-world.js";
import { PROBE, READY_TIMEOUT, SILENCE } from "../../../packages/testkit/src/worlds/world.js";

const SERVICES: Readonly<Record<string, () => ScriptedService>> = {
  OpenAI: () => new ScriptedOpenAI(),
  Gemini: () => new ScriptedGemini(),
  Pipecat: () => new ScriptedPipecat(),
};

interface Fault {
  /** Where it cannot be. */
  readonly except?: string;
  readonly before?: (world: ServiceWorld) => void;
  /** In a session that is ready; where it never is, as it connects. */
  readonly strike: (world: ServiceWorld) => void;
  /** Ms that pass afterwards, at the step that shows it. */
  readonly afterMs?: number;
  /** What the recording must show: an event that a chart was told, or a state that one came to. */
  readonly shows: RegExp;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  "a socket that is lost and returns": {
    strike: ({ service }) => service.socket?.ends(1006),
    afterMs: 400,
    shows: /"type":"connection\.lost"/,
  },
  "reconnects that all fail": {
    strike: ({ service }) => {
      service.script.dial = "refuse";
      service.socket?.ends(1006);
    },
    afterMs: 4_000,
    shows: /"value":"exhausted"/,
  },
  "a close with a code that says: never again": {
    strike: ({ service }) => service.socket?.ends(4003),
    shows: /"value":"refused"/,
  },
  "a service that refuses": {
    before: ({ service }) => void (service.script.dial = "refuse"),
    strike: () => undefined,
    shows: /"value":"refused"/,
  },
  "a socket that never opens": {
    before: ({ service }) => void (service.script.dial = "hang"),
    strike: () => undefined,
    afterMs: 2_000,
    shows: /"code":"connect-timeout"/,
  },
  "a service that is never ready": {
    before: ({ service }) => {
      service.script.ready = "never";
      service.heard = () => undefined;
    },
    strike: () => undefined,
    afterMs: READY_TIMEOUT,
    shows: /"idle":"error"/,
  },
  "a service that owes an answer and falls silent": {
    // A bot that owes nothing for a text.
    except: "Pipecat",
    strike: (world) => {
      world.service.script.questions = "ignore";
      world.send("send-text", { options: { run_immediately: true } });
    },
    afterMs: SILENCE + 2 * PROBE,
    shows: /"type":"connection\.lost"|"type":"connection\.closed"/,
  },
  "messages that are none": {
    strike: ({ service }) => {
      for (const nonsense of ["{", "[]", '"words"', "null", '{"type":7}']) service.socket?.receive(nonsense);
      service.socket?.ends(1006);
    },
    afterMs: 400,
    shows: /"kind":"message"/,
  },
  "a network that goes away and returns": {
    strike: ({ network, service }) => {
      network.turn(false);
      service.socket?.ends(1006);
      network.turn(true);
    },
    afterMs: 500,
    shows: /"type":"network\.returned"/,
  },
  "a microphone that is refused": {
    before: ({ media }) => void (media.microphone.script = "permissions"),
    strike: () => undefined,
    shows: /"type":"mic\.failed"/,
  },
  "a microphone that is pulled out": {
    strike: ({ media }) => {
      media.microphone.script = "not-found";
      media.microphone.lose();
    },
    shows: /"type":"mic\.lost"/,
  },
  "sound that the browser blocks": {
    strike: ({ media, transport }) => {
      media.speaker.report({ type: "blocked" });
      transport.resumeAudio();
    },
    shows: /"type":"playback\.blocked"/,
  },
  "an AudioContext that is closed, twice": {
    strike: ({ media }) => {
      media.speaker.report({ type: "lost", error: new Error("closed by the page") });
      media.speaker.report({ type: "lost", error: new Error("closed by the page") });
    },
    shows: /"type":"playback\.lost"/,
  },
  "a close that is not answered": {
    strike: (world) => {
      world.service.script.goodbye = "hang";
      world.disconnect();
    },
    afterMs: 500,
    shows: /xstate\.after\.disconnectTimeout/,
  },
};

async function recorded(make: () => ScriptedService, { before, strike, afterMs = 0 }: Fault): Promise<Recording> {
  const time = { now: () => 0 };
  const recorder = flightRecorder({ now: () => time.now() });
  const world = new ServiceWorld(make(), { inspect: recorder });
  time.now = () => world.clock.now;
  before?.(world);
  world.connect();
  await world.settle();
  strike(world);
  await world.settle();
  for (let part = 0; part < 4; part += 1) {
    world.clock.advance(afterMs / 4);
    await world.settle();
  }
  const recording = recorder.export();
  await world.release();
  return JSON.parse(JSON.stringify(recording)) as Recording;
}

describe.each(Object.entries(SERVICES))("replay: a recording of %s with", (service, make) => {
  it.each(Object.entries(FAULTS).filter(([, { except }]) => except !== service))(
    "%s does as it did",
    async (_fault, fault) => {
      const recording = await recorded(make, fault);
      expect(JSON.stringify(recording)).toMatch(fault.shows);
      const replayed = replay(recording);
      expect(replayed).toEqual({ steps: replayed.steps, skipped: 0 });
      expect(replayed.steps).toBeGreaterThan(8);
    },
  );
});
