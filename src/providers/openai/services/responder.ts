import { contextMessages } from "../../../services/responder/context.js";
import { ServicesResponder } from "../../../services/responder/services-responder.js";
import { sameValue } from "../../../services/responder/values.js";
import type { JsonRecord } from "../../../util/records.js";
import type { ServiceRuntime } from "../../../dialogue/runtime.js";
import type { Conversation } from "../conversation.js";
import { checkMessages } from "../items.js";
import { DEFAULT_MODEL, type OpenAIServiceOptions } from "../options.js";
import type { OpenAIConnectionParams } from "../params.js";
import { mergedSettings } from "../plan.js";
import { checkSettings } from "../settings.js";
import { openAIServices } from "./table.js";
import type { OpenAIServiceSettings } from "./service-settings.js";

/** What the services responder needs of its transport. */
export interface OpenAIResponderPorts {
  options(): OpenAIServiceOptions;
  /** Lays options over those that there are. */
  change(options: Pick<OpenAIServiceOptions, "model" | "initial_messages">): void;
  /** The connection parameters of the running session; undefined outside one. */
  params(): OpenAIConnectionParams | undefined;
  /** Changes session settings (checked), now and for later. */
  update(settings: JsonRecord): void;
  readonly runtime: ServiceRuntime<Conversation>;
}

/** Answers the messages of RTVI's services in OpenAI's place. */
export type OpenAIResponder = ServicesResponder<OpenAIServiceSettings>;

/** The services responder of an OpenAI transport. */
export function openAIResponder(ports: OpenAIResponderPorts): OpenAIResponder {
  const { runtime } = ports;
  const table = openAIServices({
    act: (run) => {
      runtime.act((conversation) => conversation.act(run));
    },
    context: () => ({
      messages: contextMessages(runtime.conversation.history.items),
      tools: table.llm.options.tools.get(settingsOf(ports)) ?? [],
    }),
  });
  return new ServicesResponder(table, {
    get settings() {
      return settingsOf(ports);
    },
    apply: (next, interrupt) => {
      apply(ports, next, interrupt);
    },
  });
}

function settingsOf(ports: OpenAIResponderPorts): OpenAIServiceSettings {
  const options = ports.options();
  const params = ports.params();
  return {
    inSession: params !== undefined,
    model: params?.model ?? options.model ?? DEFAULT_MODEL,
    initialMessages: params?.initial_messages ?? options.initial_messages ?? [],
    settings: { ...mergedSettings(options), ...params?.settings },
  };
}

function apply(ports: OpenAIResponderPorts, next: OpenAIServiceSettings, interrupt: boolean): void {
  const before = settingsOf(ports);
  const changed = Object.fromEntries(
    Object.entries(next.settings).filter(([key, value]) => !sameValue(value, before.settings[key])),
  );
  checkSettings(changed, "settings");
  const initial = next.initialMessages === before.initialMessages ? undefined : next.initialMessages;
  const initial_messages = initial && checkMessages(initial, "llm.initial_messages");
  if (interrupt) ports.runtime.interrupt();
  // The connection may refuse them.
  if (Object.keys(changed).length > 0) ports.update(changed);
  if (next.model !== before.model) ports.change({ model: next.model });
  if (initial_messages !== undefined) ports.change({ initial_messages });
}
