import type { Command } from "../../contracts/dialogue.js";
import { InvalidOptionsError } from "../../errors.js";
import { jsonCopy } from "../../util/json.js";
import type { ServiceAction } from "./service-table.js";
import { sameValue } from "./values.js";

/** Where the actions find what they act on. */
export interface ActionPorts {
  /** Carries out commands, as one. @throws NotReadyError before the session is ready. */
  readonly command: (commands: readonly Command[]) => void;
  /** The conversation, and the tools. @throws NotReadyError before the session is ready. */
  readonly context: () => { readonly messages: readonly unknown[]; readonly tools: unknown };
}

/** The actions of the services `llm` and `tts`, with the names and the defaults of RTVI's own server. */
export function serviceActions({ command, context }: ActionPorts) {
  const done = (...commands: readonly (Command | false)[]): true => {
    command(commands.filter((each) => each !== false));
    return true;
  };
  const llm = {
    run: {
      arguments: { interrupt: { type: "bool" } },
      result: "bool",
      run: ({ interrupt = true }) => done(interrupt === true && { type: "interrupt" }, { type: "run" }),
    },
    append_to_messages: {
      arguments: { messages: { type: "array", required: true }, run_immediately: { type: "bool" } },
      result: "bool",
      run: ({ messages, run_immediately: run = true }) => done({ type: "append", messages, run: run === true }),
    },
    get_context: { arguments: {}, result: "object", run: context },
    set_context: {
      arguments: {
        messages: { type: "array", required: true },
        tools: { type: "array" },
        interrupt: { type: "bool" },
        run_immediately: { type: "bool" },
      },
      result: "bool",
      run: ({ messages, tools, interrupt, run_immediately: run }) => {
        // A context that was read has them, and may come back with other messages.
        if (tools !== undefined && !sameValue(tools, jsonCopy(context().tools))) {
          throw new InvalidOptionsError("llm:set_context changes no tools: update-config sets llm.tools.");
        }
        return done({ type: "replace", messages, interrupt: interrupt === true }, run === true && { type: "run" });
      },
    },
  } satisfies Record<string, ServiceAction>;
  const tts = {
    say: {
      arguments: { text: { type: "string", required: true }, interrupt: { type: "bool" } },
      result: "bool",
      run: ({ text, interrupt }) =>
        done(interrupt === true && { type: "interrupt" }, { type: "speak", text: String(text) }),
    },
    interrupt: {
      arguments: {},
      result: "bool",
      run: () => done({ type: "interrupt" }),
    },
  } satisfies Record<string, ServiceAction>;
  return { llm, tts };
}
