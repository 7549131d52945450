import { GeminiHistory } from "./gemini-history.js";
import { ResumptionHandle } from "./resumption-handle.js";

/** What a session leaves to the next one, where the app keeps sessions: the conversation, and the handle to go on with it. */
export class SessionMemory {
  readonly history = new GeminiHistory();
  readonly resumption = new ResumptionHandle();

  /** What a session begins with. @param kept What `ProviderSession.end` of the one before returned. */
  static of(kept: unknown): SessionMemory {
    if (!(kept instanceof SessionMemory)) return new SessionMemory();
    kept.resumption.begin();
    // The user who asked has disconnected since.
    kept.history.owes(false);
    return kept;
  }
}
