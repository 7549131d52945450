import { randomBytes, randomUUID } from "node:crypto";
import { BoundedMemory, type MemoryLimits } from "../bounded-memory.js";
import type { JsonObject } from "../json.js";
import { ChatContext } from "./chat-context.js";

/** How long a token opens a session, and a session that nobody is in is remembered. */
const LIFE_MS = 300_000;
/** Sessions, tokens, and messages of a session. */
const MOST = 1000;
/** Of what was said when they were started, and in them since. */
const MOST_BYTES = 128 * 1024 * 1024;
const LONGEST_ID = 100;

/** What `POST /start` settled, and the conversation that goes on in it. */
export interface StartedSession {
  readonly id: string;
  /** The `body` that the app's server sent along; empty for none. */
  readonly body: JsonObject;
  /** Whether a client that comes back finds its conversation. */
  readonly resumable: boolean;
  readonly context: ChatContext;
  /**
   * Whether a message of this id was heard before, and from then on it was: a client who comes back does not know whether
   * its last ones arrived, and sends them again. Always false where clients do not come back.
   */
  heardBefore(messageId: string): boolean;
}

const LIMITS: MemoryLimits = { most: MOST, mostBytes: MOST_BYTES, lifeMs: LIFE_MS };

function begin(id: string, body: JsonObject, resumable: boolean): StartedSession {
  const heard = new BoundedMemory<true>({ ...LIMITS, mostBytes: MOST * LONGEST_ID });
  return {
    id,
    body,
    resumable,
    context: new ChatContext(),
    heardBefore: (messageId) => {
      if (!resumable || messageId.length > LONGEST_ID) return false;
      const isKnown = heard.get(messageId) === true;
      heard.set(messageId, true, messageId.length);
      return isKnown;
    },
  };
}

/** The sessions that were started and may be joined, and the tokens that open them. */
export class StartedSessions {
  readonly #sessions: BoundedMemory<StartedSession>;
  /** By token, the id of a session. */
  readonly #tokens: BoundedMemory<string>;

  constructor(limits = LIMITS) {
    this.#sessions = new BoundedMemory(limits);
    this.#tokens = new BoundedMemory(limits);
  }

  /** What is kept of sessions, and bytes of it. */
  get held(): { readonly sessions: number; readonly bytes: number } {
    return { sessions: this.#sessions.size, bytes: this.#sessions.bytes };
  }

  /** A new session; the one of that id instead, when it is remembered and may be resumed. */
  start(body: JsonObject, resumable: boolean, wanted?: string): StartedSession {
    const id = wanted === undefined || wanted === "" || wanted.length > LONGEST_ID ? randomUUID() : wanted;
    const known = this.#sessions.get(id);
    const session = known?.resumable === true ? known : begin(id, body, resumable);
    this.keep(session);
    return session;
  }

  /** Remembers a session for as long as it may take to come back to it. */
  keep(session: StartedSession): void {
    this.#sessions.set(session.id, session, JSON.stringify(session.body).length + session.context.bytes);
  }

  /** A token that opens the session once, within 300 s. */
  issueToken(session: StartedSession): string {
    const token = randomBytes(32).toString("base64url");
    this.#tokens.set(token, session.id, session.id.length);
    return token;
  }

  /** The session that a token opens; from then on it opens nothing. */
  redeem(token: string): StartedSession | undefined {
    const id = this.#tokens.get(token);
    this.#tokens.delete(token);
    return id === undefined ? undefined : this.#sessions.get(id);
  }

  /** The session behind an address. Unless it may be resumed, every client begins anew. */
  join(id: string | undefined, resumable: boolean): StartedSession {
    const known = id === undefined ? undefined : this.#sessions.get(id);
    return this.start(known?.body ?? {}, known?.resumable ?? resumable, id);
  }
}
