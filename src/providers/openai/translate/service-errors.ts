import type { OpenAISink } from "../effects.js";
import type { ErrorDetails, Outcome } from "../events.js";
import { meaningOf, responseError, serviceError } from "../error-meaning.js";
import type { SessionSetup } from "./session-setup.js";
import type { OpenAIBot } from "./bot.js";

/** What becomes of the errors that the service reports: the end, news for the app, or a line in the log. */
export class ServiceErrors {
  constructor(
    private readonly sink: OpenAISink,
    private readonly redact: (text: string) => string,
    private readonly bot: OpenAIBot,
    private readonly sessionSetup: SessionSetup,
  ) {}

  /** A response is done; it may have failed. The session outlives it, whatever the reason: the next may succeed. */
  outcome(response: Outcome): void {
    const error = responseError(response, this.redact);
    if (error !== undefined) this.sink.report(error);
  }

  /** What the user said could not be transcribed, or something else failed that the session outlives. */
  failure(details: ErrorDetails): void {
    this.sink.report(serviceError(details, this.redact));
  }

  /** An `error` event. */
  error(details: ErrorDetails): void {
    // Going on without its settings would mean a bot without its instructions, tools and turn detection.
    const isEnd = this.sessionSetup.isConfiguring;
    const error = serviceError(details, this.redact, isEnd);
    this.sessionSetup.refused(details.eventId);
    switch (meaningOf(details)) {
      case "fatal":
        this.sink.add({ type: "fault", error });
        return;
      case "not-cancelled":
        this.bot.nothingToCancel();
        this.sink.debug(`Nothing was there to cancel (${error.message})`);
        return;
      case "too-late":
        this.sink.debug(`An interruption came too late to matter (${error.message})`);
        return;
      case "busy":
        if (!this.bot.sequencer.refused(details.eventId, true)) break;
        this.sink.debug("Another response was being made; this one is asked for again after it.");
        return;
      case "not-created":
        this.bot.sequencer.refused(details.eventId, false);
        break;
      case "other":
        break;
    }
    this.sink.add({ type: isEnd ? "fault" : "report", error });
  }
}
