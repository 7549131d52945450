import { cancel, emit, enqueueActions, setup, stateIn } from "xstate";
import type { TurnEdge, TurnFact, TurnTag } from "../src/contracts/turns.js";

export interface TurnsInput {
  /** Ms without another sign of the user's speech after which a turn that is only inferred is over; undefined: 3000. */
  readonly lull: number | undefined;
  /** Ms that a function call may wait for its result; 0: for ever. Default 0. */
  readonly functionCallTimeout?: number;
}

export interface TurnsContext {
  readonly lull: number;
  readonly functionCallTimeout: number;
}

const DEFAULT_LULL = 3_000;

/** What the chart tells itself. */
export interface CallOverdue {
  readonly type: "call.overdue";
  readonly call: number;
}

/** The timer of a function call. */
const timerOf = (call: number): string => `call ${call}`;

const isSilent = (fact: TurnFact | CallOverdue): boolean => "silently" in fact;

/** Who speaks, who is waited for, and whether the bot is there: turn-taking in one session. */
export const turnsMachine = setup({
  types: {
    input: {} as TurnsInput,
    context: {} as TurnsContext,
    events: {} as TurnFact | CallOverdue,
    emitted: {} as TurnEdge,
    tags: {} as TurnTag,
  },
  actions: {
    userStarted: enqueueActions(({ enqueue, event }) => {
      if (!isSilent(event)) enqueue.emit({ type: "user-started-speaking" });
    }),
    userStopped: enqueueActions(({ enqueue, event }) => {
      if (!isSilent(event)) enqueue.emit({ type: "user-stopped-speaking" });
    }),
    botStarted: enqueueActions(({ enqueue, event }) => {
      if (!isSilent(event)) enqueue.emit({ type: "bot-started-speaking" });
    }),
    botStopped: enqueueActions(({ enqueue, event }) => {
      if (!isSilent(event)) enqueue.emit({ type: "bot-stopped-speaking" });
    }),
    botJoined: emit({ type: "bot-joined" }),
    botLeft: emit({ type: "bot-left" }),
    botReady: emit({ type: "bot-ready" }),
    callsDropped: emit({ type: "calls-dropped" }),
    timeCall: enqueueActions(({ enqueue, context }, { call }: { call: number }) => {
      const delay = context.functionCallTimeout;
      if (delay > 0) enqueue.raise({ type: "call.overdue", call }, { id: timerOf(call), delay });
    }),
    untimeCall: cancel((_, { call }: { call: number }) => timerOf(call)),
    callOverdue: emit(({ context }, { call }: { call: number }): TurnEdge => ({
      type: "call-overdue",
      call,
      afterMs: context.functionCallTimeout,
    })),
  },
  guards: {
    isInferred: (_, params: { inferred: boolean | undefined }) => params.inferred === true,
    isReplyDue: (_, params: { replyDue: boolean }) => params.replyDue,
    anotherFollows: (_, params: { another: boolean }) => params.another,
    isFresh: (_, params: { continuity: string }) => params.continuity === "fresh",
    nothingIsMade: stateIn({ reply: { made: "nothing" } }),
  },
  delays: {
    lull: ({ context }) => context.lull,
  },
}).createMachine({
  id: "turns",
  description:
    "Who speaks, who is waited for, and whether the bot is there. Each region answers one of these questions.",
  context: ({ input }) => ({
    lull: input.lull ?? DEFAULT_LULL,
    functionCallTimeout: input.functionCallTimeout ?? 0,
  }),
  type: "parallel",
  states: {
    user: {
      description: "Whether the user speaks.",
      initial: "silent",
      states: {
        silent: {
          description: "As far as the service or the app can tell, the user does not speak.",
          on: {
            "user.started": [
              {
                guard: { type: "isInferred", params: ({ event }) => ({ inferred: event.inferred }) },
                target: "inferred",
                actions: "userStarted",
              },
              { target: "speaking", actions: "userStarted" },
            ],
            "session.ended": "over",
          },
        },
        speaking: {
          description: "A service or the app says that the user speaks, and will say when that ends.",
          tags: ["busy", "user.speaking"],
          on: {
            "user.stopped": { target: "silent", actions: "userStopped" },
            "connection.lost": { target: "silent", actions: "userStopped" },
            "session.ended": { target: "over", actions: "userStopped" },
          },
        },
        inferred: {
          description:
            "Words were recognised or the bot was interrupted, so the user speaks. No service says when that ends: the bot's turn does, the end of a turn without a reply, or a lull.",
          tags: ["busy", "user.speaking", "user.inferred"],
          on: {
            "user.started": [
              {
                guard: { type: "isInferred", params: ({ event }) => ({ inferred: event.inferred }) },
                target: "inferred",
                reenter: true,
              },
              { target: "speaking" },
            ],
            "user.stopped": { target: "silent", actions: "userStopped" },
            "user.concluded": { target: "silent", actions: "userStopped" },
            "reply.began": { target: "silent", actions: "userStopped" },
            "connection.lost": { target: "silent", actions: "userStopped" },
            "session.ended": { target: "over", actions: "userStopped" },
          },
          after: { lull: { target: "silent", actions: "userStopped" } },
        },
        over: { description: "The session has ended.", type: "final" },
      },
    },
    reply: {
      description: "What the service makes, and what it owes. It may owe the next reply while it still makes one.",
      type: "parallel",
      states: {
        made: {
          description: "Whether the service makes a reply. It is done seconds before the last of the reply is played.",
          initial: "nothing",
          states: {
            nothing: {
              description: "No reply is being made.",
              on: { "reply.began": "generating" },
            },
            generating: {
              description: "A reply is being made, and goes to the app and the player as it comes.",
              tags: ["busy", "expects.progress", "reply.generating"],
              on: { "reply.cancelled": "stopping", "reply.ended": "nothing" },
            },
            stopping: {
              description:
                "The reply was interrupted, and the service has not confirmed that. What still comes is dropped.",
              tags: ["busy", "expects.reply"],
              on: { "reply.began": "generating", "reply.ended": "nothing" },
            },
            over: { description: "The session has ended.", type: "final" },
          },
          on: { "connection.lost": ".nothing", "session.ended": ".over" },
        },
        owed: {
          description: "Whether the service has to begin a reply, and why.",
          initial: "nothing",
          states: {
            nothing: {
              description: "The service owes no reply.",
              on: {
                "user.stopped": {
                  guard: { type: "isReplyDue", params: ({ event }) => ({ replyDue: event.replyDue }) },
                  target: "turn",
                },
                "reply.requested": "request",
                "reply.ended": {
                  guard: { type: "anotherFollows", params: ({ event }) => ({ another: event.another }) },
                  target: "request",
                },
              },
            },
            turn: {
              description: "The user has said something. If the user goes on speaking, the reply is not due yet.",
              tags: ["busy", "expects.reply"],
              on: {
                "user.started": "nothing",
                "reply.requested": "request",
                "reply.began": "nothing",
                "reply.ended": [
                  {
                    guard: { type: "anotherFollows", params: ({ event }) => ({ another: event.another }) },
                    target: "request",
                  },
                  { guard: "nothingIsMade", target: "nothing" },
                ],
              },
            },
            request: {
              description: "A reply was asked for, by the app or with a tool's result. Speech does not withdraw that.",
              tags: ["busy", "expects.reply"],
              on: {
                "reply.began": "nothing",
                "reply.ended": [
                  {
                    guard: { type: "anotherFollows", params: ({ event }) => ({ another: event.another }) },
                    target: "request",
                  },
                  { guard: "nothingIsMade", target: "nothing" },
                ],
              },
            },
            over: { description: "The session has ended.", type: "final" },
          },
          on: { "connection.lost": ".nothing", "session.ended": ".over" },
        },
      },
    },
    voice: {
      description: "Whether the bot is audible: what is played, not what has arrived.",
      initial: "silent",
      states: {
        silent: {
          description: "Nothing is played, and nothing waits to be.",
          on: {
            "voice.queued": "queued",
            "voice.began": { target: "speaking", actions: "botStarted" },
            "voice.flushed": "flushing",
          },
        },
        queued: {
          description:
            "Audio waits in the player: it has just arrived, or the browser's autoplay policy holds it back.",
          tags: ["busy", "voice.pending"],
          on: {
            "voice.began": { target: "speaking", actions: "botStarted" },
            "voice.drained": "silent",
            "voice.flushed": "flushing",
          },
        },
        speaking: {
          description: "The bot is audible.",
          tags: ["busy", "voice.pending", "bot.speaking"],
          on: {
            "voice.drained": { target: "silent", actions: "botStopped" },
            "voice.flushed": { target: "flushing", actions: "botStopped" },
            "connection.lost": { target: "silent", actions: "botStopped" },
            "session.ended": { target: "over", actions: "botStopped" },
          },
        },
        flushing: {
          description:
            "The bot is silent already. The player has yet to say how much was played, so that the service can be told.",
          tags: ["busy"],
          on: {
            "voice.counted": "silent",
            "voice.queued": "queued",
            "voice.began": { target: "speaking", actions: "botStarted" },
          },
        },
        over: { description: "The session has ended.", type: "final" },
      },
      on: { "connection.lost": ".silent", "session.ended": ".over" },
    },
    tools: {
      description: "Whether function calls wait for the app's results.",
      initial: "none",
      states: {
        none: {
          description: "No call waits for a result.",
          on: { "tools.called": "pending", "session.ended": "over" },
        },
        pending: {
          description: "The model waits for the result of a call.",
          tags: ["busy", "tools.pending"],
          on: {
            "tools.settled": "none",
            "call.overdue": { actions: { type: "callOverdue", params: ({ event }) => ({ call: event.call }) } },
            "connection.lost": "suspended",
            "session.ended": { target: "over", actions: "callsDropped" },
          },
        },
        suspended: {
          description: "Calls wait, and their connection is lost. A conversation that is kept takes their results.",
          on: {
            "tools.settled": "none",
            "call.overdue": { actions: { type: "callOverdue", params: ({ event }) => ({ call: event.call }) } },
            "connection.ready": [
              {
                guard: { type: "isFresh", params: ({ event }) => ({ continuity: event.continuity }) },
                target: "none",
                actions: "callsDropped",
              },
              { target: "pending" },
            ],
            "session.ended": { target: "over", actions: "callsDropped" },
          },
        },
        over: { description: "The session has ended.", type: "final" },
      },
      on: {
        "call.began": { actions: { type: "timeCall", params: ({ event }) => ({ call: event.call }) } },
        "call.ended": { actions: { type: "untimeCall", params: ({ event }) => ({ call: event.call }) } },
      },
    },
    bot: {
      description: "Whether there is a bot, and whether the app waits for its bot-ready.",
      initial: "absent",
      states: {
        absent: {
          description: "No bot has joined.",
          on: {
            "connection.ready": { target: "asked", actions: "botJoined" },
            "bot.ready": { target: "present", actions: ["botJoined", "botReady"] },
            "session.ended": "over",
          },
        },
        asked: {
          description:
            "The bot is there, and the app waits for its bot-ready: one is delivered, however often and on however many connections the app asked.",
          tags: ["bot.present"],
          on: {
            "bot.ready": { target: "present", actions: "botReady" },
            "session.ended": { target: "over", actions: "botLeft" },
          },
        },
        present: {
          description: "The app knows the bot. Another bot-ready is a late answer, and is not delivered.",
          tags: ["bot.present"],
          on: {
            "bot.asked": "asked",
            "connection.lost": "lost",
            "session.ended": { target: "over", actions: "botLeft" },
          },
        },
        lost: {
          description:
            "The connection to the bot is lost. Whether the bot of the next one is the same, the service decides.",
          tags: ["bot.present"],
          on: {
            "connection.ready": [
              {
                guard: { type: "isFresh", params: ({ event }) => ({ continuity: event.continuity }) },
                target: "asked",
              },
              { target: "present" },
            ],
            "session.ended": { target: "over", actions: "botLeft" },
          },
        },
        over: { description: "The session has ended.", type: "final" },
      },
    },
  },
});
