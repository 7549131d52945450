import { contextMessages } from "../../../services/responder/context.js";
import { ServicesResponder } from "../../../services/responder/services-responder.js";
import { sameValue } from "../../../services/responder/values.js";
import type { JsonRecord } from "../../../util/records.js";
import type { ResponderHost } from "../../../contracts/provider.js";
import type { ConversationHistory } from "../../../dialogue/conversation-history.js";
import { NotReadyError } from "../../../errors.js";
import { checkMessages } from "../items.js";
import { DEFAULT_MODEL, type OpenAIServiceOptions } from "../options.js";
import type { OpenAIConnectionParams } from "../params.js";
import { mergedSettings } from "../plan.js";
import { checkSettings } from "../settings.js";
import { openAIServices } from "./table.js";
import type { OpenAIServiceSettings } from "./service-settings.js";

/** Answers the messages of RTVI's services in OpenAI's place. */
export type OpenAIResponder = ServicesResponder<OpenAIServiceSettings>;

/** What of the provider the responder reads and changes. */
export interface OpenAIResponderParts {
  readonly options: OpenAIServiceOptions;
  /** The connection parameters of the running session. */
  readonly params: OpenAIConnectionParams | undefined;
  /** Undefined outside a session. */
  readonly history: ConversationHistory | undefined;
  change(options: Pick<OpenAIServiceOptions, "model" | "initial_messages">): void;
  keepSettings(settings: JsonRecord): void;
}

/** The services responder of an OpenAI provider. */
export function openAIResponder(provider: OpenAIResponderParts, host: ResponderHost): OpenAIResponder {
  const settings = (): OpenAIServiceSettings => settingsOf(provider, host);
  const table = openAIServices({
    command: (commands) => host.command(commands),
    context: () => {
      const { history } = provider;
      if (history === undefined || !host.isReady()) {
        throw new NotReadyError("The session is not ready: wait for the state `ready`.");
      }
      return {
        messages: contextMessages(history.items),
        tools: table.llm.options.tools.get(settings()) ?? [],
      };
    },
  });
  return new ServicesResponder(table, {
    get settings() {
      return settings();
    },
    apply: (next, interrupt) => {
      apply(provider, host, next, interrupt);
    },
  });
}

function settingsOf({ options, params: given }: OpenAIResponderParts, host: ResponderHost): OpenAIServiceSettings {
  const params = host.isInSession() ? { ...given } : undefined;
  return {
    inSession: params !== undefined,
    model: params?.model ?? options.model ?? DEFAULT_MODEL,
    initialMessages: params?.initial_messages ?? options.initial_messages ?? [],
    settings: { ...mergedSettings(options), ...params?.settings },
  };
}

function apply(
  provider: OpenAIResponderParts,
  host: ResponderHost,
  next: OpenAIServiceSettings,
  interrupt: boolean,
): void {
  const before = settingsOf(provider, host);
  const changed = Object.fromEntries(
    Object.entries(next.settings).filter(([key, value]) => !sameValue(value, before.settings[key])),
  );
  checkSettings(changed, "settings");
  const initial = next.initialMessages === before.initialMessages ? undefined : next.initialMessages;
  const initial_messages = initial && checkMessages(initial, "llm.initial_messages");
  if (interrupt) host.advise({ type: "interrupt" });
  // The connection may refuse them.
  if (Object.keys(changed).length > 0) {
    if (host.isReady()) host.command([{ type: "update", settings: changed }]);
    else host.advise({ type: "update", settings: changed });
    provider.keepSettings(changed);
  }
  if (next.model !== before.model) provider.change({ model: next.model });
  if (initial_messages !== undefined) provider.change({ initial_messages });
}
