import type { ResponderHost } from "../../../contracts/provider.js";
import type { HistoryItem } from "../../../dialogue/conversation-history.js";
import { NotReadyError } from "../../../errors.js";
import { contextMessages } from "../../../services/responder/context.js";
import { ServicesResponder } from "../../../services/responder/services-responder.js";
import { isRecord, mergeRecords } from "../../../util/records.js";
import { DEFAULT_MODEL, type GeminiLLMServiceOptions } from "../options.js";
import type { GeminiConnectionParams } from "../params.js";
import { fieldsOf } from "../plan.js";
import { setupFields } from "../settings.js";
import { changesOf, withoutFields, type GeminiServiceSettings } from "./service-settings.js";
import { geminiServices } from "./table.js";

/** Answers the messages of RTVI's services in Gemini's place. */
export type GeminiResponder = ServicesResponder<GeminiServiceSettings>;

/** What of the provider the responder reads and changes. */
export interface GeminiResponderParts {
  readonly options: GeminiLLMServiceOptions;
  /** The connection parameters of the running session. */
  readonly params: GeminiConnectionParams | undefined;
  /** The conversation so far. */
  readonly items: readonly HistoryItem[];
  change(options: GeminiLLMServiceOptions, params: GeminiConnectionParams | undefined): void;
  settingsChanged(): void;
}

/** The services responder of a Gemini provider. */
export function geminiResponder(provider: GeminiResponderParts, host: ResponderHost): GeminiResponder {
  const settings = (): GeminiServiceSettings => settingsOf(provider, host);
  const table = geminiServices({
    command: (commands) => {
      host.command(commands);
    },
    context: () => {
      if (!host.isReady()) throw new NotReadyError("The session is not ready: wait for the state `ready`.");
      return { messages: contextMessages(provider.items), tools: table.llm.options.tools.get(settings()) ?? [] };
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

function settingsOf({ options, params: given }: GeminiResponderParts, host: ResponderHost): GeminiServiceSettings {
  const params = host.isInSession() ? { ...given } : undefined;
  const over = options.setup;
  return {
    inSession: params !== undefined,
    model: params?.model ?? options.model ?? DEFAULT_MODEL,
    initialMessages:
      params?.initial_messages?.map(({ role, parts: content }) => ({ role, content })) ??
      options.initial_messages ??
      [],
    fields: mergeRecords(fieldsOf(options, params), isRecord(over) ? over : {}),
  };
}

function apply(
  provider: GeminiResponderParts,
  host: ResponderHost,
  next: GeminiServiceSettings,
  interrupt: boolean,
): void {
  const before = settingsOf(provider, host);
  const { options } = provider;
  const params = host.isInSession() ? provider.params : undefined;
  const changes = setupFields(changesOf(before.fields, next.fields), "settings");
  const isChanged = Object.keys(changes).length > 0;
  const replacesMessages = next.initialMessages !== before.initialMessages;
  provider.change(
    {
      ...options,
      ...(next.model !== before.model && { model: next.model }),
      ...(replacesMessages && { initial_messages: [...next.initialMessages] }),
      ...(isChanged && { settings: mergeRecords(setupFields(options.settings ?? {}, "settings"), changes) }),
      // What lies over the settings would hide them.
      ...(isChanged && isRecord(options.setup) && { setup: withoutFields(options.setup, changes) }),
    },
    isChanged && params?.fields !== undefined ? { ...params, fields: mergeRecords(params.fields, changes) } : params,
  );
  if (interrupt) host.advise({ type: "interrupt" });
  if (!isChanged) return;
  provider.settingsChanged();
  host.advise({ type: "update", settings: changes });
}
