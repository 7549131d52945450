import type { TurnFact } from "../../../../src/contracts/turns.js";
import type { PlayedItem } from "../../../../src/contracts/speaker.js";
import { ConnectionLostError } from "../../../../src/errors.js";
import { TURN_LETTERS } from "../../../../src/testing/model/turn-letters.js";
import { anyOrder, mostly, ofApp, stepsOf, type Acts, type StepOf } from "./steps.js";
import type { World } from "../worlds/world.js";

const SERVICE: Acts<World> = {
  "dials open": ({ transport }) => {
    transport.script.connect = "open";
  },
  "dials are refused": ({ transport }) => {
    transport.script.connect = "refuse";
  },
  "dials hang": ({ transport }) => {
    transport.script.connect = "hang";
  },
  "ready at once": ({ transport }) => {
    transport.script.ready = "at once";
  },
  "ready never": ({ transport }) => {
    transport.script.ready = "never";
  },
  "goodbyes are answered": ({ transport }) => {
    transport.script.close = "answer";
  },
  "goodbyes hang": ({ transport }) => {
    transport.script.close = "hang";
  },
  opened: ({ transport }) => {
    transport.service.opened();
  },
  refused: ({ transport }) => {
    transport.service.refused();
  },
  "says ready": ({ transport }) => {
    transport.service.said();
  },
  dropped: ({ transport }) => {
    transport.service.dropped(true);
  },
  "dropped for good": ({ transport }) => {
    transport.service.dropped(false);
  },
  "conversations are kept": ({ transport }) => {
    transport.script.continuity = "resumed";
  },
  "conversations are lost": ({ transport }) => {
    transport.script.continuity = "fresh";
  },
  "owes an answer": ({ transport }) => {
    transport.service.current?.setExpects("reply");
  },
  "is at work": ({ transport }) => {
    transport.service.current?.setExpects("progress");
  },
  "owes nothing": ({ transport }) => {
    transport.service.current?.setExpects("nothing");
  },
  speaks: ({ transport }) => {
    transport.service.current?.speaks();
  },
  "questions are answered": ({ transport }) => {
    transport.script.probe = "answer";
  },
  "questions are not answered": ({ transport }) => {
    transport.script.probe = "silent";
  },
  "cannot be asked": ({ transport }) => {
    transport.script.probe = "cannot";
  },
  "wire expires": ({ transport }) => {
    transport.service.perform({ type: "change-connection", withinMs: 3_000 });
  },
  "wire expires later": ({ transport }) => {
    transport.service.perform({ type: "change-connection", afterMs: 4_000, withinMs: 3_000 });
  },
  busy: ({ transport }) => {
    transport.service.current?.setBusy(true);
  },
  quiet: ({ transport }) => {
    transport.service.current?.setBusy(false);
  },
  "a fault": ({ transport }) => {
    transport.service.perform({ type: "fault", error: new ConnectionLostError("scripted") });
  },
  "state = error": ({ transport }) => {
    transport.state = "error";
  },
  "bot audio": ({ transport }) => {
    transport.service.perform({ type: "play", itemId: "item", pcm: new ArrayBuffer(8) });
  },
};

/** What may happen to a session whose service is a script, in any order. */
export const steps = anyOrder<World>(stepsOf("service", SERVICE));

/** Every fact of the turns, as a service tells it. */
const TURNS: Acts<World> = Object.fromEntries(
  TURN_LETTERS.map(({ event, note = "" }) => [
    `${event.type} ${note}`.trim(),
    ({ transport }: World) => {
      transport.service.perform({ type: "tell", fact: event as TurnFact });
    },
  ]),
);

const PLAYED: PlayedItem = { itemId: "item", playedSamples: 1, receivedSamples: 1, sampleRate: 24_000 };

/** What an output reports, and a user's click. */
const OUTPUT: Acts<World> = {
  "output begins": ({ media }) => media.speaker.report({ type: "began", item: PLAYED }),
  "output drained": ({ media }) => media.speaker.report({ type: "drained", item: PLAYED }),
  "output held by the system": ({ media }) => media.speaker.report({ type: "interrupted" }),
  "output blocked": ({ media }) => media.speaker.report({ type: "blocked" }),
  "output heard again": ({ media }) => media.speaker.report({ type: "unblocked" }),
  "output lost": ({ media }) => media.speaker.report({ type: "lost", error: new Error("scripted") }),
  "a click": ({ transport }) => transport.resumeAudio(),
  "an interruption": ({ transport }) => transport.interrupt(),
  "the bot plays": ({ transport }) =>
    transport.service.perform({ type: "play", itemId: "item", pcm: new ArrayBuffer(8) }),
  "no output": ({ media }) => {
    media.speaker.open = () => Promise.reject(new Error("scripted"));
  },
};

const broken = (): never => {
  throw new Error("scripted crash");
};

/** Where code of the app's, or of a browser's, throws in an actor. */
const CRASHES: Acts<World> = {
  "the output crashes": (world) => {
    world.isCrashing = true;
    world.media.speaker.open = broken;
  },
  "the microphone crashes": (world) => {
    world.isCrashing = true;
    world.media.microphone.open = broken;
  },
  "the network source crashes": (world) => {
    world.isCrashing = true;
    world.network.addEventListener = broken;
  },
  "the devices crash": (world) => {
    world.isCrashing = true;
    world.devices.addEventListener = broken;
  },
  "app: connect": (world) => world.connect(),
  "app: disconnect": (world) => world.disconnect(),
};

const MICROPHONE: Acts<World> = {
  "microphone asks": ({ media }) => {
    media.microphone.script = "hang";
  },
  "microphone grants": ({ media }) => {
    media.microphone.script = "grant";
  },
  "user allows": ({ media }) => media.microphone.answer(),
  "user denies": ({ media }) => media.microphone.answer("permissions"),
  "microphone lost": ({ media }) => media.microphone.lose(),
  "microphone is gone": ({ media }) => {
    media.microphone.script = "not-found";
  },
  "another is chosen": ({ transport }) => void transport.updateMic("b"),
  "another is plugged in": ({ media, devices }) => {
    const all = media.getAllMics();
    media.getAllMics = async () => {
      const mics = await all;
      const next = { label: "", groupId: "", kind: "audioinput", deviceId: `plugged-${mics.length}` } as const;
      return [...mics, { ...next, toJSON: () => next }];
    };
    devices.dispatchEvent(new Event("devicechange"));
  },
  "other devices come": ({ devices }) => devices.dispatchEvent(new Event("devicechange")),
  mutes: ({ transport }) => transport.enableMic(false),
  unmutes: ({ transport }) => transport.enableMic(true),
};

const service = stepsOf<World>("service", SERVICE);

/** Steps of walks that are to come by every edge: each kind of walk is mostly about one part, and goes everywhere. */
export const EDGE_STEPS: readonly StepOf<World>[] = [
  mostly(TURNS, service),
  mostly(OUTPUT, service),
  mostly(MICROPHONE, service),
  mostly(SERVICE, service),
  mostly(CRASHES, service),
  ofApp(),
];
