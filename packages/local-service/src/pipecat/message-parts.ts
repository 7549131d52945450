import type { JsonObject } from "../json.js";
import type { Bot } from "./bot.js";
import type { ChatContext } from "./chat-context.js";
import type { Hearing } from "./hearing.js";
import type { MessageWriter } from "./message-writer.js";
import type { ServiceConfig } from "./services.js";

/** What a client's messages act on. */
export interface MessageParts {
  readonly writer: MessageWriter;
  readonly bot: Bot;
  readonly context: ChatContext;
  readonly hearing: Hearing;
  readonly services: ServiceConfig;
  /** Whether RTVI 0.3's services answer. */
  readonly hasServices: boolean;
  /** By the fault `no-updated`: requests stay without an answer. */
  readonly isDeaf: boolean;
  /** Whether a message of this id was heard before, in a session to which clients come back; from then on it was. */
  heardBefore(id: string | undefined): boolean;
  /** `client-ready`. */
  ready(id: string | undefined, data: unknown): void;
  /** `disconnect-bot`. */
  end(): void;
}

/** One message of a client. `id` is absent where the client sent none. */
export type MessageHandler = (data: JsonObject, parts: MessageParts, id: string | undefined) => void;
