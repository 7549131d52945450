import { and, assign, cancel, fromCallback, not, raise, sendParent, sendTo, setup, stateIn } from "xstate";
import { crashFault } from "./crash.js";
import type { Fault } from "../src/contracts/fault.js";

/** A capture device as plain data. */
export interface MicrophoneDevice {
  readonly deviceId: string;
  readonly label: string;
  readonly groupId: string;
}

/** Facts about the microphone: from the `capture` actor to this chart, and from this chart to the root. */
export type MicrophoneFact =
  | { readonly type: "mic.acquired"; readonly device: MicrophoneDevice }
  | { readonly type: "mic.failed"; readonly fault: Fault }
  | { readonly type: "mic.lost"; readonly fault: Fault };

/** What the `capture` actor is told. */
export type CaptureCommand =
  | { readonly type: "capture.muted" }
  | { readonly type: "capture.unmuted" }
  | { readonly type: "capture.streamed" };

export interface CaptureInput {
  /** Empty means the system's default. */
  readonly deviceId: string;
  readonly muted: boolean;
  /** Whether chunks go to the uplink from the start. */
  readonly streaming: boolean;
}

export type MicrophoneEvent =
  | MicrophoneFact
  | { readonly type: "mic.requested" }
  | { readonly type: "mic.released" }
  | { readonly type: "session.began" }
  /** The chart says it to itself: the last loss was a while ago. */
  | { readonly type: "mic.proven" }
  | { readonly type: "mic.muted" }
  | { readonly type: "mic.unmuted" }
  | { readonly type: "mic.chosen"; readonly deviceId: string }
  /** The devices present now, after one was plugged in. `follows`: the port goes back to the preferred one by itself. */
  | { readonly type: "device.arrived"; readonly deviceIds: readonly string[]; readonly follows: boolean }
  | { readonly type: "device.left" };

export interface MicrophoneInput {
  readonly muted: boolean;
}

export interface MicrophoneContext {
  /** The device the user prefers; empty means the system's default. */
  readonly deviceId: string;
  readonly muted: boolean;
  /** A session wants the audio, not only the permission. */
  readonly streaming: boolean;
  /** The preferred device was lost and the default stands in. */
  readonly fallback: boolean;
  /** The device was lost a moment ago, and this is another one, or the same again. */
  readonly isAnother: boolean;
  /** What is held now. */
  readonly device: MicrophoneDevice | null;
}

/** Permission, capture, mute, loss and swap. Answers every `mic.requested` in every state, or the root would hang. */
export const microphoneMachine = setup({
  types: {
    context: {} as MicrophoneContext,
    events: {} as MicrophoneEvent,
    input: {} as MicrophoneInput,
  },
  actors: {
    capture: fromCallback<CaptureCommand, CaptureInput>(() => {
      throw new Error("actor not provided: capture");
    }),
    deviceWatch: fromCallback(() => {
      throw new Error("actor not provided: deviceWatch");
    }),
  },
  actions: {
    markMuted: assign({ muted: true }),
    markUnmuted: assign({ muted: false }),
    markStreaming: assign({ streaming: true }),
    rememberChoice: assign({
      deviceId: (_, params: { deviceId: string }) => params.deviceId,
      fallback: false,
    }),
    rememberDevice: assign({ device: (_, params: { device: MicrophoneDevice }) => params.device }),
    forgetSession: assign({ streaming: false, fallback: false, isAnother: false, device: null }),
    forgetDevice: assign({ device: null }),
    fallBack: assign({ fallback: true, isAnother: true }),
    markAnother: assign({ isAnother: true }),
    forgetLoss: assign({ isAnother: false }),
    awaitProof: raise({ type: "mic.proven" }, { id: "proof", delay: "proven" }),
    dropProof: cancel("proof"),
    prefer: assign({ fallback: false, isAnother: false }),
    muteCapture: sendTo("capture", { type: "capture.muted" }),
    unmuteCapture: sendTo("capture", { type: "capture.unmuted" }),
    streamCapture: sendTo("capture", { type: "capture.streamed" }),
    reportAcquired: sendParent(({ context }) => ({ type: "mic.acquired", device: context.device })),
    reportFailed: sendParent((_, params: { fault: Fault }) => ({ type: "mic.failed", fault: params.fault })),
    reportCrash: sendParent(({ event }) => ({
      type: "mic.failed",
      fault: crashFault("The microphone's own code crashed", event),
    })),
    reportLost: sendParent((_, params: { fault: Fault }) => ({ type: "mic.lost", fault: params.fault })),
  },
  guards: {
    isMuted: ({ context }) => context.muted,
    isStreaming: ({ context }) => context.streaming,
    isWanted: ({ context }) => !context.muted,
    preferredDeviceArrived: ({ context }, params: { deviceIds: readonly string[] }) =>
      context.fallback && context.deviceId !== "" && params.deviceIds.includes(context.deviceId),
    isAnother: ({ context }) => context.isAnother,
    isReplacing: stateIn({ open: { held: { acquiring: "another" } } }),
    isOvertaken: stateIn({ open: { held: { acquiring: "overtaken" } } }),
    isRefused: ({ event }) => event.type === "mic.failed" && event.fault.deviceError === "permissions",
    mayBeHad: and(["isOvertaken", not("isRefused")]),
    mayCome: and(["isReplacing", not("isRefused")]),
  },
  delays: {
    /** A device that has lived so long works: its loss has nothing to do with the one before. One that gives nothing is found out in 14 s. */
    proven: 20_000,
  },
}).createMachine({
  id: "microphone",
  context: ({ input }) => ({
    deviceId: "",
    muted: input.muted,
    streaming: false,
    fallback: false,
    isAnother: false,
    device: null,
  }),
  initial: "off",
  states: {
    off: {
      description: "No microphone is held, and none is asked for. What the user prefers and the mute are remembered.",
      entry: ["forgetSession", "dropProof"],
      on: {
        "mic.requested": "open",
        "session.began": [
          { guard: "isWanted", target: "open", actions: "markStreaming" },
          { actions: "markStreaming" },
        ],
        "mic.unmuted": [{ guard: "isStreaming", target: "open", actions: "markUnmuted" }, { actions: "markUnmuted" }],
        "mic.muted": { actions: "markMuted" },
        "mic.chosen": { actions: { type: "rememberChoice", params: ({ event }) => ({ deviceId: event.deviceId }) } },
        // A session that was muted from start to end held nothing, and must not leave its wish for audio behind.
        "mic.released": { actions: "forgetSession" },
      },
    },
    open: {
      description: "A microphone is wanted: one is held, or the next one that arrives is taken.",
      // Without the watch a lost device does not come back by itself; the one in use is no worse for it.
      invoke: { id: "deviceWatch", src: "deviceWatch", onError: {} },
      initial: "held",
      states: {
        held: {
          description: "One capture, from the question to the browser until the device is given back.",
          invoke: {
            id: "capture",
            src: "capture",
            input: ({ context }) => ({
              deviceId: context.fallback ? "" : context.deviceId,
              muted: context.muted,
              streaming: context.streaming,
            }),
            onError: { target: "#microphone.failed", actions: "reportCrash" },
          },
          initial: "acquiring",
          states: {
            acquiring: {
              description: "The browser, or the user, has not answered yet. A mute counts already.",
              entry: "forgetDevice",
              initial: "first",
              states: {
                first: { description: "The app asked, and takes no for an answer." },
                another: {
                  description:
                    "In place of one that was lost: where it cannot be had, the next one that arrives is taken.",
                  on: {
                    "device.left": "overtaken",
                    "mic.chosen": {
                      target: "overtaken",
                      actions: { type: "rememberChoice", params: ({ event }) => ({ deviceId: event.deviceId }) },
                    },
                  },
                },
                overtaken: {
                  description:
                    "Devices came or went since, or another was chosen: what cannot be had is asked for once more.",
                },
              },
              on: {
                // What was lost, and how long ago, is as it was.
                "mic.chosen": {
                  actions: { type: "rememberChoice", params: ({ event }) => ({ deviceId: event.deviceId }) },
                },
                "mic.acquired": [
                  {
                    guard: "isMuted",
                    target: "muted",
                    actions: [
                      { type: "rememberDevice", params: ({ event }) => ({ device: event.device }) },
                      "reportAcquired",
                    ],
                  },
                  {
                    target: "live",
                    actions: [
                      { type: "rememberDevice", params: ({ event }) => ({ device: event.device }) },
                      "reportAcquired",
                    ],
                  },
                ],
                "mic.muted": { actions: ["markMuted", "muteCapture"] },
                "mic.unmuted": { actions: ["markUnmuted", "unmuteCapture"] },
              },
            },
            live: {
              description: "The microphone's audio flows to the uplink.",
              on: {
                "mic.muted": { target: "muted", actions: ["markMuted", "muteCapture"] },
                // Whoever turns it on again is not heard, and this may be the gesture that the browser waits for.
                "mic.unmuted": { actions: "unmuteCapture" },
                "mic.requested": { actions: "reportAcquired" },
              },
            },
            muted: {
              description: "The device is held, and silent because the app asked for it.",
              on: {
                "mic.unmuted": { target: "live", actions: ["markUnmuted", "unmuteCapture"] },
                "mic.requested": { actions: "reportAcquired" },
              },
            },
          },
          on: {
            "mic.failed": [
              { guard: "mayBeHad", target: ".acquiring.another", reenter: true },
              {
                guard: "mayCome",
                target: "lost",
                actions: { type: "reportFailed", params: ({ event }) => ({ fault: event.fault }) },
              },
              {
                target: "#microphone.failed",
                actions: { type: "reportFailed", params: ({ event }) => ({ fault: event.fault }) },
              },
            ],
            "mic.lost": [
              {
                guard: "isAnother",
                target: "lost",
                actions: { type: "reportLost", params: ({ event }) => ({ fault: event.fault }) },
              },
              {
                target: ".acquiring.another",
                reenter: true,
                actions: [
                  "fallBack",
                  "awaitProof",
                  { type: "reportLost", params: ({ event }) => ({ fault: event.fault }) },
                ],
              },
            ],
            "device.arrived": [
              {
                guard: {
                  type: "preferredDeviceArrived",
                  params: ({ event }) => ({ deviceIds: event.follows ? [] : event.deviceIds }),
                },
                target: ".acquiring.another",
                reenter: true,
                actions: ["prefer", "dropProof"],
              },
              { guard: "isReplacing", target: ".acquiring.overtaken" },
              {
                // Without a gap, in the same capture.
                guard: { type: "preferredDeviceArrived", params: ({ event }) => ({ deviceIds: event.deviceIds }) },
                actions: ["prefer", "dropProof"],
              },
            ],
            "session.began": { actions: ["markStreaming", "streamCapture"] },
          },
        },
        lost: {
          description: "No device is left; the next one that arrives is taken.",
          entry: ["forgetDevice", "dropProof"],
          exit: ["markAnother", "awaitProof"],
          on: {
            "device.arrived": [
              {
                guard: { type: "preferredDeviceArrived", params: ({ event }) => ({ deviceIds: event.deviceIds }) },
                target: "held.acquiring.another",
                actions: ["prefer", "dropProof"],
              },
              { target: "held.acquiring.another" },
            ],
            "mic.requested": "held.acquiring.another",
            "mic.chosen": {
              target: "held.acquiring.another",
              actions: { type: "rememberChoice", params: ({ event }) => ({ deviceId: event.deviceId }) },
            },
            "mic.unmuted": { target: "held.acquiring.another", actions: "markUnmuted" },
            "mic.muted": { actions: "markMuted" },
            "session.began": { actions: "markStreaming" },
          },
        },
      },
      on: {
        "mic.released": "off",
        "mic.proven": { actions: "forgetLoss" },
        "mic.chosen": {
          actions: [
            { type: "rememberChoice", params: ({ event }) => ({ deviceId: event.deviceId }) },
            "forgetLoss",
            "dropProof",
          ],
        },
      },
    },
    failed: {
      description: "Refused or absent; asked again only when the app asks.",
      entry: ["forgetDevice", "forgetLoss", "dropProof"],
      on: {
        "mic.requested": "open",
        "mic.unmuted": { target: "open", actions: "markUnmuted" },
        "mic.chosen": {
          target: "open",
          actions: { type: "rememberChoice", params: ({ event }) => ({ deviceId: event.deviceId }) },
        },
        "mic.muted": { actions: "markMuted" },
        "session.began": { actions: "markStreaming" },
        "mic.released": "off",
      },
    },
  },
});
