import type { BotOutputData } from "@pipecat-ai/client-js";
import { byId, create, keepLast, stickToEnd } from "../dom.js";

const LIMIT = 60;

interface UserEntry {
  readonly text: HTMLElement;
  readonly aside: HTMLElement;
  readonly startedAt: number;
  final: boolean;
}

interface BotEntry {
  readonly item: HTMLElement;
  readonly words: HTMLElement;
}

/** The conversation: user text as it firms up, the bot's text as it is spoken. */
export class TranscriptView {
  readonly #list = byId("transcript", HTMLOListElement);
  #user: UserEntry | undefined;
  #bot: BotEntry | undefined;
  /** What the bot says in this session, by segment: news of one may come after its turn was cut. */
  readonly #segments = new Map<number, HTMLElement>();

  constructor() {
    stickToEnd(this.#list);
  }

  /** A new connection: segments count from the start again. */
  sessionBegan(): void {
    this.#closeBot(false);
    this.#segments.clear();
  }

  userStarted(at: number): void {
    this.#closeBot(true);
    const text = create("p", "words", "…");
    const aside = create("p", "aside", "speaking");
    this.#add("user live", text, aside);
    this.#user = { text, aside, startedAt: at, final: false };
  }

  /** @param at ms; undefined where the service does not say how long the user spoke */
  userStopped(at: number | undefined): void {
    if (!this.#user) return;
    const length = at === undefined ? "" : ` ${((at - this.#user.startedAt) / 1000).toFixed(1)} s`;
    this.#user.aside.textContent = `spoke${length}`;
    this.#user.text.parentElement?.classList.remove("live");
  }

  /** Speech recognised; `final` may come after the bot has begun to answer, and still belongs to what was said. */
  userHeard(text: string, final: boolean): void {
    if (!this.#user || this.#user.final) this.userStarted(performance.now());
    const user = this.#user;
    if (!user) return;
    user.text.textContent = text;
    user.text.classList.toggle("partial", !final);
    user.final = final;
  }

  userTyped(text: string): void {
    this.#closeBot(true);
    this.#add("user", create("p", "words", text), create("p", "aside", "typed"));
  }

  botOutput(output: BotOutputData): void {
    const { segment_id } = output;
    const known = segment_id === undefined ? undefined : this.#segments.get(segment_id);
    fillSegment(known ?? this.#openSegment(segment_id), output);
  }

  botStarted(): void {
    this.#bot ??= this.#openBot();
    this.#bot.item.classList.add("live");
  }

  botStopped(): void {
    this.#closeBot(false);
  }

  note(text: string): void {
    this.#closeBot(false);
    this.#add("note", create("p", "words", text));
  }

  #openBot(): BotEntry {
    const words = create("p", "words");
    return { item: this.#add("bot", words), words };
  }

  #openSegment(id: number | undefined): HTMLElement {
    const segment = create("span", "segment");
    this.#bot ??= this.#openBot();
    this.#bot.words.append(segment, " ");
    if (id !== undefined) this.#segments.set(id, segment);
    return segment;
  }

  /** @param cut whether unspoken words were dropped by the user's turn */
  #closeBot(cut: boolean): void {
    const bot = this.#bot;
    if (!bot) return;
    const wasLive = bot.item.classList.contains("live");
    bot.item.classList.remove("live");
    if (cut && wasLive) {
      bot.item.classList.add("interrupted");
      bot.item.append(create("p", "aside", "interrupted"));
    }
    this.#bot = undefined;
  }

  #add(className: string, ...content: HTMLElement[]): HTMLLIElement {
    const item = create("li", `entry ${className}`);
    item.append(...content);
    this.#list.append(item);
    keepLast(this.#list, LIMIT);
    return item;
  }
}

function fillSegment(segment: HTMLElement, output: BotOutputData): void {
  const progress = output.spoken_progress;
  const unspoken = output.will_be_spoken === true && output.spoken_status !== "completed";
  const spoken = progress?.accumulated_text ?? (unspoken ? "" : output.text);
  const rest = progress?.remaining_text ?? (unspoken ? output.text : "");
  // Some services give the space between the two to neither.
  const gap = spoken !== "" && output.text.endsWith(`${spoken} ${rest}`) ? " " : "";
  segment.replaceChildren(create("span", "spoken", spoken + gap), create("span", "unspoken", rest));
}
