import { objectOr, type JsonObject } from "../json.js";
import type { Bot } from "./bot.js";
import { isMessages, type ChatContext } from "./chat-context.js";
import { ClientMistake } from "./mistake.js";
import { isOfType, type ValueType } from "./services.js";

/** What actions act on. */
export interface ActionParts {
  readonly bot: Bot;
  readonly context: ChatContext;
}

interface Argument {
  readonly type: ValueType;
  readonly isOptional?: boolean;
}

interface Action {
  readonly service: string;
  readonly action: string;
  readonly arguments: Readonly<Record<string, Argument>>;
  readonly result: ValueType;
  readonly run: (given: JsonObject, parts: ActionParts) => unknown;
}

const INTERRUPT: Argument = { type: "bool", isOptional: true };
const MESSAGES: Argument = { type: "array" };

function messagesOf({ messages }: JsonObject): readonly JsonObject[] {
  if (!isMessages(messages)) throw new ClientMistake("Argument messages must be messages with a role");
  return messages;
}

const ACTIONS: readonly Action[] = [
  {
    service: "tts",
    action: "say",
    arguments: { text: { type: "string" }, interrupt: INTERRUPT },
    result: "bool",
    run: ({ text, interrupt }, { bot }) => {
      if (interrupt === true) bot.interrupt();
      return bot.say(String(text));
    },
  },
  {
    service: "tts",
    action: "interrupt",
    arguments: {},
    result: "bool",
    run: (_given, { bot }) => {
      bot.interrupt();
      return true;
    },
  },
  {
    service: "llm",
    action: "run",
    arguments: { interrupt: INTERRUPT },
    result: "bool",
    run: ({ interrupt }, { bot }) => {
      if (interrupt !== false) bot.interrupt();
      return bot.run();
    },
  },
  {
    service: "llm",
    action: "append_to_messages",
    arguments: { messages: MESSAGES, run_immediately: INTERRUPT },
    result: "bool",
    run: (given, { bot, context }) => {
      const messages = messagesOf(given);
      const runs = given.run_immediately === true;
      if (runs) bot.interrupt();
      context.append(messages);
      return !runs || bot.run();
    },
  },
  {
    service: "llm",
    action: "get_context",
    arguments: {},
    result: "array",
    run: (_given, { context }) => context.messages,
  },
  {
    service: "llm",
    action: "set_context",
    arguments: { messages: MESSAGES, interrupt: INTERRUPT },
    result: "bool",
    run: (given, { bot, context }) => {
      const messages = messagesOf(given);
      if (given.interrupt === true) bot.interrupt();
      context.set(messages);
      return true;
    },
  },
];

/** What can be asked for: the `actions` of `actions-available`. */
export function describeActions(): readonly JsonObject[] {
  return ACTIONS.map(({ service, action, arguments: args, result }) => {
    const described = Object.entries(args).map(([name, { type }]) => ({ name, type }));
    return { service, action, arguments: described, result };
  });
}

/**
 * Does what `action` asks for and returns the result.
 * @throws ClientMistake when there is no such action, or an argument is missing or wrong.
 */
export function runAction(data: unknown, parts: ActionParts): unknown {
  const { service, action, arguments: list } = objectOr(data);
  const found = ACTIONS.find((each) => each.service === service && each.action === action);
  if (!found) throw new ClientMistake(`Action ${String(service)}:${String(action)} not registered`);
  const entries: unknown[] = Array.isArray(list) ? list : [];
  const given = Object.fromEntries(entries.map(objectOr).map(({ name, value }) => [String(name), value]));
  for (const [name, { type, isOptional }] of Object.entries(found.arguments)) {
    if (given[name] === undefined && isOptional === true) continue;
    if (!isOfType(given[name], type)) throw new ClientMistake(`Argument ${name} must be of type ${type}`);
  }
  return found.run(given, parts);
}
