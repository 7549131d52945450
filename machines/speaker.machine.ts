import { assign, cancel, fromCallback, raise, sendParent, setup } from "xstate";
import { crashFault } from "./crash.js";
import type { Fault } from "../src/contracts/fault.js";

/** Facts about playback: from the `playback` actor to this chart, and from this chart to the root. */
export type SpeakerFact =
  | { readonly type: "playback.began" }
  | { readonly type: "playback.drained" }
  | { readonly type: "playback.blocked" }
  /** The system holds the output, or the browser does not let it run although it may. */
  | { readonly type: "playback.interrupted" }
  | { readonly type: "playback.unblocked" }
  /** The output is gone, whatever took it: another one may work. */
  | { readonly type: "playback.lost"; readonly fault: Fault }
  | { readonly type: "playback.failed"; readonly fault: Fault };

export type SpeakerEvent =
  | SpeakerFact
  | { readonly type: "speaker.requested" }
  | { readonly type: "speaker.released" }
  | { readonly type: "bot.interrupted" }
  /** The chart says it to itself: the last loss was a while ago. */
  | { readonly type: "playback.proven" }
  /** The user clicked: the autoplay policy may be satisfied now. */
  | { readonly type: "gesture.made" };

export interface SpeakerContext {
  /** The output was lost a moment ago, and this is another one. */
  readonly isAnother: boolean;
}

/** Whether the bot speaks, and whether the browser and the system let it be heard. */
export const speakerMachine = setup({
  types: { context: {} as SpeakerContext, events: {} as SpeakerEvent },
  actors: {
    playback: fromCallback(() => {
      throw new Error("actor not provided: playback");
    }),
  },
  actions: {
    /** Provided by the composition: empties the downlink pipe. */
    flushPlayback: () => undefined,
    /** Provided by the composition: must run inside the user's gesture. */
    resumePlayback: () => undefined,
    reportBlocked: sendParent({ type: "playback.blocked" }),
    reportInterrupted: sendParent({ type: "playback.interrupted" }),
    markAnother: assign({ isAnother: true }),
    forgetLoss: assign({ isAnother: false }),
    awaitProof: raise({ type: "playback.proven" }, { id: "proof", delay: "proven" }),
    dropProof: cancel("proof"),
    reportUnblocked: sendParent({ type: "playback.unblocked" }),
    reportFailed: sendParent((_, params: { fault: Fault }) => ({ type: "playback.failed", fault: params.fault })),
    reportCrash: sendParent(({ event }) => ({
      type: "playback.failed",
      fault: crashFault("The speaker's own code crashed", event),
    })),
  },
  guards: {
    isFirst: ({ context }) => !context.isAnother,
  },
  delays: {
    /** An output that has lived so long works: its loss has nothing to do with the one before. It may share a context with the microphone. */
    proven: 20_000,
  },
}).createMachine({
  id: "speaker",
  context: { isAnother: false },
  initial: "off",
  states: {
    off: {
      description: "No session: no output is open.",
      entry: ["forgetLoss", "dropProof"],
      on: { "speaker.requested": "open" },
    },
    open: {
      description: "The output is open for a session.",
      invoke: { id: "playback", src: "playback", onError: { target: "failed", actions: "reportCrash" } },
      type: "parallel",
      states: {
        sound: {
          description: "What the bot says.",
          initial: "silent",
          states: {
            silent: {
              description: "Nothing is played, or nothing of it has reached the output yet.",
              on: { "playback.began": "speaking" },
            },
            speaking: {
              description: "The bot speaks: it is audible while the output runs, and goes on when it runs again.",
              on: { "playback.drained": "silent" },
            },
          },
          /** Audio may be queued although none was heard yet. */
          on: { "bot.interrupted": { target: ".silent", actions: "flushPlayback" } },
        },
        output: {
          description: "Whether the browser and the system let it be heard.",
          initial: "running",
          states: {
            running: { description: "What is written is heard." },
            blocked: {
              description: "The browser plays nothing before the user has clicked.",
              entry: "reportBlocked",
              on: { "playback.unblocked": { target: "running", actions: "reportUnblocked" } },
            },
            interrupted: {
              description: "The system has taken the output, as for a call; it comes back by itself, or after a click.",
              entry: "reportInterrupted",
              on: { "playback.unblocked": { target: "running", actions: "reportUnblocked" } },
            },
          },
          on: {
            "playback.blocked": ".blocked",
            "playback.interrupted": ".interrupted",
            /** Whatever stands still may be moved by a gesture. */
            "gesture.made": { actions: "resumePlayback" },
          },
        },
      },
      on: {
        "speaker.released": "off",
        "playback.proven": { actions: "forgetLoss" },
        "playback.lost": [
          {
            guard: "isFirst",
            target: "open",
            reenter: true,
            actions: [
              "markAnother",
              "awaitProof",
              { type: "reportFailed", params: ({ event }) => ({ fault: event.fault }) },
            ],
          },
          { target: "failed", actions: { type: "reportFailed", params: ({ event }) => ({ fault: event.fault }) } },
        ],
        "playback.failed": {
          target: "failed",
          actions: { type: "reportFailed", params: ({ event }) => ({ fault: event.fault }) },
        },
      },
    },
    failed: {
      description: "No output that works; the session goes on in text. A click asks for another.",
      entry: ["forgetLoss", "dropProof"],
      on: { "speaker.requested": "open", "gesture.made": "open", "speaker.released": "off" },
    },
  },
});
