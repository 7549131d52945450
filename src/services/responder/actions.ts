import type { ServiceAction } from "./service-table.js";

/** What the actions of RTVI's own server do to a conversation. */
export interface ActionTurns {
  /** Silences the bot and stops what it is making. */
  interrupt(): void;
  /** Has the bot answer the conversation as it stands. */
  run(): void;
  /**
   * Adds messages to the conversation; `run`: interrupts the bot and has it answer.
   * @throws InvalidOptionsError naming the message that makes no sense; nothing has happened then.
   */
  append(messages: unknown, run: boolean): void;
  /** Replaces the conversation. @throws as `append`. */
  replace(messages: unknown, interrupt: boolean): void;
  /** Has the bot speak a text, after what it is saying. */
  speak(text: string): void;
}

/** Where the actions find what they act on. */
export interface ActionPorts {
  /** Does something to the conversation. @throws NotReadyError before the session is ready. */
  readonly act: (run: (turns: ActionTurns) => void) => void;
  /** The conversation, and the tools. @throws NotReadyError before the session is ready. */
  readonly context: () => { readonly messages: readonly unknown[]; readonly tools: unknown };
}

/** The actions of the services `llm` and `tts`, with the names and the defaults of RTVI's own server. */
export function serviceActions({ act, context }: ActionPorts) {
  const done = (run: (turns: ActionTurns) => void): true => {
    act(run);
    return true;
  };
  const llm = {
    run: {
      arguments: { interrupt: { type: "bool" } },
      result: "bool",
      run: ({ interrupt = true }) =>
        done((turns) => {
          if (interrupt === true) turns.interrupt();
          turns.run();
        }),
    },
    append_to_messages: {
      arguments: { messages: { type: "array", required: true }, run_immediately: { type: "bool" } },
      result: "bool",
      run: ({ messages, run_immediately: run = true }) =>
        done((turns) => {
          turns.append(messages, run === true);
        }),
    },
    get_context: { arguments: {}, result: "object", run: context },
    set_context: {
      arguments: {
        messages: { type: "array", required: true },
        interrupt: { type: "bool" },
        run_immediately: { type: "bool" },
      },
      result: "bool",
      run: ({ messages, interrupt, run_immediately: run }) =>
        done((turns) => {
          turns.replace(messages, interrupt === true);
          if (run === true) turns.run();
        }),
    },
  } satisfies Record<string, ServiceAction>;
  const tts = {
    say: {
      arguments: { text: { type: "string", required: true }, interrupt: { type: "bool" } },
      result: "bool",
      run: ({ text, interrupt }) =>
        done((turns) => {
          if (interrupt === true) turns.interrupt();
          turns.speak(String(text));
        }),
    },
    interrupt: {
      arguments: {},
      result: "bool",
      run: () =>
        done((turns) => {
          turns.interrupt();
        }),
    },
  } satisfies Record<string, ServiceAction>;
  return { llm, tts };
}
