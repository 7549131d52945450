import { fromCallback, sendParent, setup } from "xstate";
import type { Fault } from "../src/contracts/fault.js";

/** Facts about playback: from the `playback` actor to this chart, and from this chart to the root. */
export type SpeakerFact =
  | { readonly type: "playback.began" }
  | { readonly type: "playback.drained" }
  | { readonly type: "playback.blocked" }
  | { readonly type: "playback.unblocked" }
  | { readonly type: "playback.failed"; readonly fault: Fault };

export type SpeakerEvent =
  | SpeakerFact
  | { readonly type: "speaker.requested" }
  | { readonly type: "speaker.released" }
  | { readonly type: "bot.interrupted" }
  /** The user clicked: the autoplay policy may be satisfied now. */
  | { readonly type: "gesture.made" };

/** Whether the bot is heard: silent, speaking, or blocked by the browser's autoplay policy. */
export const speakerMachine = setup({
  types: { events: {} as SpeakerEvent },
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
    reportUnblocked: sendParent({ type: "playback.unblocked" }),
    reportFailed: sendParent((_, params: { fault: Fault }) => ({ type: "playback.failed", fault: params.fault })),
    reportCrash: sendParent({
      type: "playback.failed",
      fault: { id: 0, code: "internal-error", message: "The speaker's own code crashed.", retryable: false },
    }),
  },
}).createMachine({
  id: "speaker",
  initial: "off",
  states: {
    off: {
      description: "No session: no output is open.",
      on: { "speaker.requested": "open" },
    },
    open: {
      description: "The output is open for a session.",
      invoke: { id: "playback", src: "playback", onError: { target: "failed", actions: "reportCrash" } },
      initial: "silent",
      states: {
        silent: {
          description: "Nothing is played, or nothing of it has reached the output yet.",
          on: { "playback.began": "speaking" },
        },
        speaking: {
          description: "The bot is audible.",
          on: {
            "playback.drained": "silent",
            "bot.interrupted": { target: "silent", actions: "flushPlayback" },
          },
        },
        blocked: {
          description: "The browser plays nothing before the user has clicked.",
          entry: "reportBlocked",
          on: {
            "playback.unblocked": { target: "silent", actions: "reportUnblocked" },
            "gesture.made": { actions: "resumePlayback" },
          },
        },
      },
      on: {
        "speaker.released": "off",
        "playback.blocked": ".blocked",
        "playback.failed": {
          target: "failed",
          actions: { type: "reportFailed", params: ({ event }) => ({ fault: event.fault }) },
        },
        /** Audio may be queued although none was heard yet. */
        "bot.interrupted": { actions: "flushPlayback" },
      },
    },
    failed: {
      description: "No output device; the session goes on in text.",
      on: { "speaker.requested": "open", "speaker.released": "off" },
    },
  },
});
