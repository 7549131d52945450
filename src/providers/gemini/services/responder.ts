import type { ActionTurns } from "../../../services/responder/actions.js";
import { contextMessages } from "../../../services/responder/context.js";
import { ServicesResponder } from "../../../services/responder/services-responder.js";
import type { HistoryItem } from "../../../dialogue/conversation-history.js";
import { isRecord, mergeRecords } from "../../../util/records.js";
import { DEFAULT_MODEL, type GeminiLLMServiceOptions } from "../options.js";
import type { GeminiConnectionParams } from "../params.js";
import { fieldsOf } from "../plan.js";
import { setupFields } from "../settings.js";
import { changesOf, withoutFields, type GeminiServiceSettings } from "./service-settings.js";
import { geminiServices } from "./table.js";

/** What the services responder needs of its transport. */
export interface GeminiResponderPorts {
  options(): GeminiLLMServiceOptions;
  /** The connection parameters of the running session; undefined outside one. */
  params(): GeminiConnectionParams | undefined;
  /** Puts options and connection parameters in the place of those that there are. */
  change(options: GeminiLLMServiceOptions, params: GeminiConnectionParams | undefined): void;
  /** Settings of a running session have changed: they come in force with its next connection. */
  renew(): void;
  /** Does something to the conversation. @throws NotReadyError before the session is ready. */
  act(run: (turns: ActionTurns) => void): void;
  /** The conversation so far. @throws NotReadyError before the session is ready. */
  items(): readonly HistoryItem[];
  interrupt(): void;
}

/** Answers the messages of RTVI's services in Gemini's place. */
export type GeminiResponder = ServicesResponder<GeminiServiceSettings>;

/** The services responder of a Gemini transport. */
export function geminiResponder(ports: GeminiResponderPorts): GeminiResponder {
  const table = geminiServices({
    act: (run) => {
      ports.act(run);
    },
    context: () => ({
      messages: contextMessages(ports.items()),
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

function settingsOf(ports: GeminiResponderPorts): GeminiServiceSettings {
  const options = ports.options();
  const params = ports.params();
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

function apply(ports: GeminiResponderPorts, next: GeminiServiceSettings, interrupt: boolean): void {
  const before = settingsOf(ports);
  const options = ports.options();
  const params = ports.params();
  const changes = setupFields(changesOf(before.fields, next.fields), "settings");
  const isChanged = Object.keys(changes).length > 0;
  const replacesMessages = next.initialMessages !== before.initialMessages;
  ports.change(
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
  if (interrupt) ports.interrupt();
  if (isChanged) ports.renew();
}
