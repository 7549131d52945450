import type { Statistics } from "../contracts/inspector.js";
import { UnsupportedEnvironmentError } from "../errors.js";
import type { FlightRecorder, FlightRecorderOptions } from "./flight-recorder.js";
import { ChartsPanel } from "./live/charts-panel.js";
import { DetailsPanel } from "./live/details-panel.js";
import { button, html } from "./live/dom.js";
import { EventList } from "./live/event-list.js";
import { Player, type Moment } from "./live/player.js";
import { SpeechPanel } from "./live/speech-panel.js";
import { STYLES } from "./live/styles.js";
import { measuringOf } from "./recording/measuring.js";
import { readRecording } from "./recording/read-recording.js";
import { Recorder } from "./recording/recorder.js";
import { isBeside, type Entry } from "./recording/recording.js";
import { speechOf } from "./recording/speech.js";
import { besideWords, eventWords, secondsWords, stateWords } from "./recording/words.js";

/** Where the inspector is shown, and how much it keeps. */
export interface LiveInspectorOptions extends FlightRecorderOptions {
  /** It is put at the end of this element, in a shadow root of its own. */
  readonly element: HTMLElement;
  /** Default: as the page or the system has it. A button changes it. */
  readonly theme?: "light" | "dark";
  /** The chart, or the part of one, that is shown first: the id of a state that holds others. Default: all charts. */
  readonly focus?: string;
}

/** An inspector in the page. It records as `flightRecorder()` does. */
export interface LiveInspector extends FlightRecorder {
  /** Shows a recording in place of what is recorded here. @throws InvalidOptionsError where it is none. */
  open(file: unknown): void;
  /** Takes it out of the page. What comes later is dropped. */
  stop(): void;
}

let made = 0;

/**
 * Shows sessions in the page itself: all charts with their active states, the events with their cause, who spoke when, and any
 * moment of the recorded past. Needs no network and no account.
 *
 * @throws UnsupportedEnvironmentError where there is no page.
 * @throws InvalidOptionsError where no chart can be opened at `focus`.
 * @example
 * const inspector = liveInspector({ element: document.body });
 * const transport = new OpenAIRealTimeWebSocketTransport(service, undefined, { inspect: inspector });
 */
export function liveInspector(options: LiveInspectorOptions): LiveInspector {
  if (typeof document === "undefined") {
    throw new UnsupportedEnvironmentError("liveInspector() needs a page: use flightRecorder() in Node.");
  }
  made += 1;
  const view = new InspectorView(options, `rtvi-inspector-${made}`);
  const statistics = (numbers: Statistics): void => {
    if (view.isShown) view.recorder.statistics(numbers);
  };
  return {
    inspect: (event) => {
      if (view.isShown) view.recorder.trace(event);
    },
    message: (outline) => {
      if (view.isShown) view.recorder.message(outline);
    },
    measure: (session) => measuringOf(session, statistics),
    statistics,
    export: () => view.recorder.export(),
    open: (file) => {
      view.open(file, "recording");
    },
    stop: () => {
      view.stop();
    },
  };
}

class InspectorView {
  readonly recorder: Recorder;
  readonly #player: Player;
  readonly #host = html("div");
  readonly #charts: ChartsPanel;
  readonly #events: EventList;
  readonly #details = new DetailsPanel();
  readonly #speech: SpeechPanel;
  readonly #mode = html("output", { class: "mode" });
  readonly #slider = html("input", { type: "range", min: 0, step: 1, "aria-label": "Moment of the recording" });
  readonly #time = html("span", { class: "mode" });
  readonly #search = html("input", { type: "search", placeholder: "Search events", "aria-label": "Search events" });
  readonly #messages = html("input", { type: "checkbox" });
  readonly #live: HTMLButtonElement;
  readonly #problem = html("p", { class: "problem", role: "alert", hidden: "" });
  readonly #status = html("p", { class: "only-read", role: "status" });
  readonly #root: HTMLElement;
  #phase: "shown" | "over" = "shown";
  #frame: number | undefined;
  #name = "";

  constructor({ element, theme, focus, ...kept }: LiveInspectorOptions, unique: string) {
    this.recorder = new Recorder(kept, () => this.#changed());
    this.#player = new Player(this.recorder);
    this.#charts = new ChartsPanel(unique, focus);
    this.#events = new EventList(unique, (entry) => this.#choose(entry));
    this.#speech = new SpeechPanel((at) => this.#seek(at));
    this.#live = button("Live", () => this.#follow(), "Live: follow what happens now");
    this.#slider.addEventListener("input", () => this.#choose(this.#player.moment.entries[this.#slider.valueAsNumber]));
    this.#search.addEventListener("input", () => this.#changed());
    this.#messages.addEventListener("change", () => this.#changed());
    this.#root = this.#build();
    if (theme !== undefined) this.#host.dataset.theme = theme;
    const shadow = this.#host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.#root);
    element.append(this.#host);
    this.#takeDrops();
    this.#draw();
  }

  get isShown(): boolean {
    return this.#phase === "shown";
  }

  /** @throws InvalidOptionsError */
  open(file: unknown, name: string): void {
    this.#player.open(readRecording(file));
    this.#name = name;
    this.#problem.hidden = true;
    this.#changed();
  }

  stop(): void {
    this.#phase = "over";
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#host.remove();
  }

  #build(): HTMLElement {
    const picker = html("input", { type: "file", accept: ".json,application/json", hidden: "" });
    picker.addEventListener("change", () => {
      const [file] = picker.files ?? [];
      if (file !== undefined) void this.#read(file);
      picker.value = "";
    });
    return html(
      "section",
      { class: "inspector", "aria-label": "Session inspector" },
      html(
        "div",
        { class: "bar-row" },
        html("h2", {}, "Session inspector"),
        this.#mode,
        html(
          "div",
          { class: "group" },
          button("Open…", () => picker.click(), "Open a recording"),
          button("Save", () => this.#save(), "Save a recording"),
          button("◐", () => this.#turnTheme(), "Light or dark"),
          picker,
        ),
      ),
      this.#problem,
      html(
        "div",
        { class: "scrubber" },
        html(
          "div",
          { class: "group", role: "group", "aria-label": "Time travel" },
          button("◀", () => this.#step(-1), "One event back"),
          button("▶", () => this.#step(1), "One event on"),
          this.#live,
        ),
        this.#slider,
        this.#time,
      ),
      html(
        "div",
        { class: "row" },
        this.#search,
        html("label", { class: "group" }, this.#messages, "Messages and measurements"),
      ),
      html("div", { class: "body" }, this.#charts.element, this.#events.element, this.#details.element),
      this.#speech.element,
      this.#status,
    );
  }

  #choose(entry: Entry | undefined): void {
    this.#player.choose(entry);
    this.#changed();
  }

  #follow(): void {
    this.#player.open(undefined);
    this.#changed();
  }

  #step(by: number): void {
    const { entries, index } = this.#player.moment;
    this.#choose(entries[Math.min(entries.length - 1, Math.max(0, index + by))]);
  }

  /** The last entry that is not after a moment. */
  #seek(at: number): void {
    this.#choose(this.#player.moment.entries.findLast((entry) => entry.at <= at));
  }

  #changed(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      if (this.#phase === "shown") this.#draw();
    });
  }

  #draw(): void {
    const moment = this.#player.moment;
    const { entries, base, entry, index, at, actors, charts, mode } = moment;
    const filter = { text: this.#search.value.trim().toLowerCase(), messages: this.#messages.checked };
    this.#events.show(entries, mode === "live" ? undefined : entry, filter);
    // Sound comes fifty times a second, and would hide what happened.
    const isFollowing = mode === "live" && !filter.messages;
    const shown = isFollowing ? entries.findLast((each) => !isBeside(each)) : entry;
    this.#charts.show(charts, shown?.kind === "step" ? (shown.took ?? []) : []);
    this.#details.show(shown, actors);
    this.#speech.show(speechOf(base, entries), at);
    this.#slider.max = String(Math.max(0, entries.length - 1));
    this.#slider.value = String(Math.max(0, index));
    this.#slider.setAttribute("aria-valuetext", momentWords(moment));
    this.#time.textContent = secondsWords(at);
    this.#mode.textContent = mode === "live" ? "Live" : mode === "past" ? "Looking at the past" : `File: ${this.#name}`;
    this.#mode.classList.toggle("past", mode !== "live");
    this.#live.disabled = mode === "live";
    const root = charts.get("transport");
    const words = root === undefined || root.value === null ? "" : `transport: ${stateWords(root.value)}`;
    if (this.#status.textContent !== words) this.#status.textContent = words;
  }

  #turnTheme(): void {
    const now = this.#host.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    this.#host.dataset.theme = now === "dark" ? "light" : "dark";
  }

  #save(): void {
    const url = URL.createObjectURL(new Blob([JSON.stringify(this.recorder.export())], { type: "application/json" }));
    html("a", { href: url, download: "session.rtvi.json" }).click();
    // The browser has begun to read it by then.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  #takeDrops(): void {
    const root = this.#root;
    root.addEventListener("dragover", (event) => {
      event.preventDefault();
      root.classList.add("dropping");
    });
    root.addEventListener("dragleave", () => root.classList.remove("dropping"));
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      root.classList.remove("dropping");
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) void this.#read(file);
    });
  }

  async #read(file: File): Promise<void> {
    try {
      this.open(await file.text(), file.name);
    } catch (error) {
      this.#problem.textContent = `${file.name}: ${error instanceof Error ? error.message : String(error)}`;
      this.#problem.hidden = false;
    }
  }
}

function momentWords({ entry, at }: Moment): string {
  if (entry === undefined) return "nothing recorded yet";
  const what =
    entry.kind === "step" ? eventWords(entry.event.type) : entry.kind === "actor" ? "began" : besideWords(entry);
  return `${secondsWords(at)}: ${what} at ${isBeside(entry) ? "the connection" : entry.actor}`;
}
