import { paced } from "../bot/pacing.js";
import type { JsonObject } from "../json.js";
import { CallWriter } from "./call-writer.js";
import { itemJson, type Item } from "./items.js";
import { MessageWriter } from "./message-writer.js";
import type { Ending, ItemWriter, ResponseHost, ResponseRequest } from "./response-host.js";
import { usageOf } from "./usage.js";

/**
 * Sends a response, faster than real time, from `response.created` to `response.done`. It can be cancelled between any
 * two events, and what was begun is then closed in order.
 */
export class ResponseRun {
  readonly request: ResponseRequest;
  readonly #host: ResponseHost;
  readonly #made: Item[] = [];
  #writer: ItemWriter | undefined;
  #callOff: (() => void) | undefined;
  #over = false;

  constructor(request: ResponseRequest, host: ResponseHost) {
    this.request = request;
    this.#host = host;
  }

  start(): void {
    this.#host.send({ type: "response.created", response: this.#responseJson("in_progress", null) });
    this.#host.send({
      type: "rate_limits.updated",
      rate_limits: [{ name: "tokens", limit: 50_000, remaining: 49_500, reset_seconds: 0.6 }],
    });
    this.#callOff = paced(this.#write(), this.#host.timers, (ending) => {
      this.#finish(ending, detailsOf(ending));
    });
  }

  cancel(reason: "turn_detected" | "client_cancelled"): void {
    if (this.#over) return;
    const late = this.#host.lateDeltas && this.#writer ? [...this.#writer.leftovers()] : [];
    this.#finish("cancelled", { type: "cancelled", reason });
    late.slice(0, 10).forEach((send, index) => this.#host.timers.after((index + 1) * 20, send));
  }

  *#write(): Generator<number, Ending> {
    const { plan } = this.request;
    yield this.#host.settings.replyDelayMs;
    if (this.#host.fails) return "failed";
    const writers =
      plan.kind === "message"
        ? [new MessageWriter(this.request, plan, this.#host)]
        : plan.calls.map((call, index) => new CallWriter(this.request, call, index, this.#host));
    for (const writer of writers) {
      this.#writer = writer;
      this.#made.push(writer.item);
      const whole = yield* writer.write();
      writer.close(whole ? "completed" : "incomplete");
      if (!whole) return "incomplete";
    }
    return "completed";
  }

  #finish(ending: Ending, details: JsonObject | null): void {
    this.#callOff?.();
    this.#over = true;
    this.#writer?.close("incomplete");
    this.#host.send({ type: "response.done", response: this.#responseJson(ending, details) });
    this.#host.done(ending, this.#made);
  }

  #responseJson(status: Ending | "in_progress", details: JsonObject | null): JsonObject {
    const { id, inConversation, modality, format, voice, metadata, maxTokens, context } = this.request;
    return {
      object: "realtime.response",
      id,
      status,
      status_details: details,
      output: this.#made.map((item) => itemJson(item)),
      conversation_id: inConversation ? this.#host.conversation.id : null,
      output_modalities: [modality],
      max_output_tokens: maxTokens,
      audio: { output: { format: format === "audio/pcm" ? { type: format, rate: 24_000 } : { type: format }, voice } },
      usage: status === "in_progress" ? null : usageOf(context, this.#made),
      metadata: metadata ?? null,
    };
  }
}

function detailsOf(ending: Ending): JsonObject | null {
  if (ending === "incomplete") return { type: "incomplete", reason: "max_output_tokens" };
  if (ending !== "failed") return null;
  const message = "You exceeded your current quota, please check your plan and billing details.";
  return { type: "failed", error: { type: "insufficient_quota", code: "insufficient_quota", message } };
}
