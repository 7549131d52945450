import type { RTVIMessage } from "@pipecat-ai/client-js";

/** What a watch may rely on: some transports translate what is said, others pass it on as it is. */
export interface WatchedBy {
  /** Pairs of messages of which the second follows every first, by the name before `-started`. */
  readonly pairs: readonly string[];
  /** Those of them of which there is one at a time. */
  readonly single: readonly string[];
  /** Whether sentences of `bot-output` go from new to completed. */
  readonly sentences: boolean;
}

const STATUS = ["new", "in-progress", "completed"];

/** Follows what an app is told of a conversation, and remembers what was wrong with it. */
export class ConversationWatch {
  readonly breaches: string[] = [];
  /** Types of messages that came. */
  readonly seen = new Set<string>();
  /** Calls that the app has yet to answer. */
  readonly calls = new Set<string>();
  /** Results that were taken, by call. */
  readonly results: unknown[] = [];
  readonly #open = new Map<string, number>();
  readonly #sentences = new Map<unknown, number>();

  constructor(private readonly by: WatchedBy) {}

  hear({ type, data }: RTVIMessage): void {
    this.seen.add(type);
    const [, who, edge, what = ""] = /^(.+)-(started|stopped)(-speaking)?$/.exec(type) ?? [];
    if (who !== undefined) this.#edge(`${who}${what}`, edge === "started");
    const fields = data as Record<string, unknown> | undefined;
    if (type === "llm-function-call-in-progress") this.#called(String(fields?.tool_call_id));
    if (type === "llm-function-call-stopped") this.#stopped(fields ?? {});
    if (type === "bot-output" && this.by.sentences) this.#sentence(fields ?? {});
  }

  /** The connection is lost: a bot that spoke does not speak any more. */
  lost(): void {
    if ((this.#open.get("bot-speaking") ?? 0) > 0) this.breaches.push("a bot speaks whose connection is lost");
  }

  /** The session is over: what had started has stopped. */
  ended(): void {
    for (const [pair, open] of this.#open) {
      if (open > 0) this.breaches.push(`${pair} was started and not stopped`);
    }
    for (const id of this.calls) this.breaches.push(`${id} was called and neither answered nor cancelled`);
    this.#open.clear();
    this.calls.clear();
  }

  #edge(pair: string, started: boolean): void {
    if (!this.by.pairs.includes(pair)) return;
    const open = (this.#open.get(pair) ?? 0) + (started ? 1 : -1);
    this.#open.set(pair, open);
    if (open < 0) this.breaches.push(`${pair} stopped without a start`);
    if (open > 1 && this.by.single.includes(pair)) this.breaches.push(`${pair} started twice`);
  }

  #called(id: string): void {
    if (this.calls.has(id)) this.breaches.push(`${id} was called twice`);
    this.calls.add(id);
  }

  #stopped({ tool_call_id: id, cancelled, result }: Record<string, unknown>): void {
    this.calls.delete(String(id));
    if (cancelled === false) this.results.push(result);
  }

  #sentence({ segment_id: id, spoken_status: status }: Record<string, unknown>): void {
    const rank = STATUS.indexOf(String(status));
    const before = this.#sentences.get(id);
    // Each connection counts its sentences from 1.
    if (rank > 0 && (before === undefined || rank < before || before === 2)) {
      this.breaches.push(`sentence ${String(id)} became ${String(status)} after ${STATUS[before ?? -1] ?? "nothing"}`);
    }
    this.#sentences.set(id, rank);
  }
}
