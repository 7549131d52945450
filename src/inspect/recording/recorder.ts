import type { InspectionEvent } from "xstate";
import type { MessageOutline, Statistics } from "../../contracts/inspector.js";
import type { ActorState, Entry, Recording, Surroundings } from "./recording.js";
import { Redaction } from "./redaction.js";
import { Ring } from "./ring.js";
import { Tracer } from "./tracer.js";

/** How much is kept, and what of it. */
export interface RecorderOptions {
  /** How far back it goes, in seconds. Default 300. */
  readonly seconds?: number;
  /** How much is kept, in UTF-16 units of JSON, which are bytes for nearly all of it. Default 2 000 000. */
  readonly bytes?: number;
  /**
   * Keep words and names as well: messages of errors, which may quote a service, and labels of devices, which may hold a person's
   * name. Default false. What was said is no part of any event, and is never kept; neither is audio nor a credential.
   */
  readonly texts?: boolean;
  /** Monotonic time in ms. Default `performance.now()`. */
  readonly now?: () => number;
}

/** All numbers of the option are as they should be, or the defaults are used. */
const positive = (value: number | undefined, or: number): number => (value !== undefined && value > 0 ? value : or);

/** What an inspector records. */
export class Recorder {
  readonly #began = new Date().toISOString();
  readonly #now: () => number;
  readonly #ring: Ring;
  readonly #added: (entry: Entry) => void;
  readonly #tracer: Tracer;

  /** @param added Told of each new entry. */
  constructor(options: RecorderOptions, added: (entry: Entry) => void = () => undefined) {
    const clock = options.now ?? (() => performance.now());
    const start = clock();
    this.#now = () => Math.round((clock() - start) * 10) / 10;
    this.#ring = new Ring({
      ms: positive(options.seconds, 300) * 1_000,
      bytes: positive(options.bytes, 2_000_000),
    });
    this.#added = added;
    const redaction = new Redaction({ texts: options.texts === true });
    this.#tracer = new Tracer(this.#now, redaction, (entry) => this.#add(entry));
  }

  /** Takes an inspection event. */
  get trace(): (event: InspectionEvent) => void {
    return this.#tracer.trace;
  }

  get base(): readonly ActorState[] {
    return this.#ring.base;
  }

  get entries(): readonly Entry[] {
    return this.#ring.entries;
  }

  /** In ms since it began. */
  get now(): number {
    return this.#now();
  }

  message(outline: MessageOutline): void {
    this.#add({ kind: "message", at: this.#now(), ...outline, count: 1 });
  }

  statistics(statistics: Statistics): void {
    // An app, or a browser, may not have measured everything: JSON has no such numbers.
    const measured = Object.entries(statistics).filter(([, number]) => Number.isFinite(number));
    const numbers: Statistics = Object.fromEntries(measured);
    this.#add({ kind: "statistics", at: this.#now(), numbers });
  }

  export(): Recording {
    this.#tracer.catchUp();
    return {
      format: "rtvi-machine recording",
      version: 2,
      began: this.#began,
      until: this.#now(),
      surroundings: surroundings(),
      base: this.base,
      entries: this.entries,
    };
  }

  #add(entry: Entry): void {
    if (this.#ring.add(entry)) this.#added(entry);
  }
}

/** Where this runs, as far as it explains a session. */
function surroundings(): Surroundings {
  // Either may be absent, or null. Read here: what the core reads them by would bring the core along.
  const { navigator, document } = globalThis as { navigator?: Navigator | null; document?: Document | null };
  if (navigator === undefined || navigator === null) return {};
  const { userAgent, onLine, hardwareConcurrency } = navigator;
  return {
    ...(typeof userAgent === "string" && { userAgent }),
    ...(typeof onLine === "boolean" && { online: onLine }),
    ...(typeof hardwareConcurrency === "number" && { cores: hardwareConcurrency }),
    ...(document?.visibilityState !== undefined && { visibility: document.visibilityState }),
  };
}
