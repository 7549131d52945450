import type { OpenAISink } from "../effects.js";
import type { ErrorDetails } from "../events.js";
import { meaningOf, serviceError } from "../error-meaning.js";
import type { SessionSetup } from "./session-setup.js";
import type { OpenAIBot } from "./bot.js";

/** What an error of the service acts on. */
export interface ErrorParts {
  readonly sink: OpenAISink;
  /** Makes the service's words safe to show. */
  readonly redact: (text: string) => string;
  readonly bot: OpenAIBot;
  readonly sessionSetup: SessionSetup;
}

/** What becomes of an `error` event: the end, news for the app, or a line in the log. */
export function actOnError(details: ErrorDetails, { sink, redact, bot, sessionSetup }: ErrorParts): void {
  // Going on without its settings would mean a bot without its instructions, tools and turn detection.
  const isEnd = sessionSetup.isConfiguring;
  const error = serviceError(details, redact, isEnd);
  sessionSetup.refused(details.eventId);
  switch (meaningOf(details)) {
    case "fatal":
      sink.add({ type: "fault", error });
      return;
    case "not-cancelled":
      bot.nothingToCancel();
      sink.debug(`Nothing was there to cancel (${error.message})`);
      return;
    case "too-late":
      sink.debug(`An interruption came too late to matter (${error.message})`);
      return;
    case "busy":
      if (!bot.refused(details.eventId, true)) break;
      sink.debug("Another response was being made; this one is asked for again after it.");
      return;
    case "not-created":
      bot.refused(details.eventId, false);
      break;
    case "other":
      break;
  }
  sink.add({ type: isEnd ? "fault" : "report", error });
}
