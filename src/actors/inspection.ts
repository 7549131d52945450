import type { InspectionEvent } from "xstate";
import type { EncodedMessage } from "../contracts/dialogue.js";
import type { Inspector, MeasuredSession, Measuring, MessageOutline } from "../contracts/inspector.js";
import { InvalidOptionsError } from "../errors.js";
import type { Logger } from "../log.js";

/** All inspectors of a transport as one. Never throws. */
export interface Inspection {
  readonly inspect: (event: InspectionEvent) => void;
  /** Undefined where no inspector wants messages: then none is looked at. */
  readonly message: ((direction: MessageOutline["direction"], data: EncodedMessage) => void) | undefined;
  /** Undefined where no inspector measures. */
  readonly measure: ((session: MeasuredSession) => Measuring) | undefined;
}

/**
 * Reads the option `inspect`. XState calls inspectors in the middle of a step, where a throw would kill the actor, so what one
 * of them throws is logged, once, and changes nothing for the others.
 * @returns undefined without an inspector: nothing is then made for one.
 * @throws InvalidOptionsError where it is none.
 */
export function inspectionOf(
  option: Inspector | readonly Inspector[] | undefined,
  logger: Logger,
): Inspection | undefined {
  const inspectors = option === undefined ? [] : [option].flat();
  if (inspectors.length === 0) return undefined;
  const observers = inspectors.map((each) => guarded(eventsOf(each), logger));
  const readers = inspectors.flatMap((each) =>
    "message" in each && typeof each.message === "function" ? [guarded(each.message.bind(each), logger)] : [],
  );
  const measures = inspectors.flatMap((each) =>
    "measure" in each && typeof each.measure === "function" ? [each.measure.bind(each)] : [],
  );
  return {
    inspect: (event) => {
      for (const observe of observers) observe(event);
    },
    message:
      readers.length === 0
        ? undefined
        : (direction, data) => {
            const size = sizeOf(data);
            if (size === 0) return;
            const outline = { direction, type: typeOfMessage(data), size };
            for (const read of readers) read(outline);
          },
    measure:
      measures.length === 0
        ? undefined
        : (session) => {
            let { speaker } = session;
            const follow: Measuring["follow"][] = [];
            for (const measure of measures) {
              guarded(() => {
                const measuring = measure({ ...session, speaker });
                ({ speaker } = measuring);
                follow.push(measuring.follow);
              }, logger)(undefined);
            }
            return {
              speaker,
              follow: (connection, signal) => {
                for (const each of follow) guarded(() => each(connection, signal), logger)(undefined);
              },
            };
          },
  };
}

function eventsOf(inspector: Inspector): (event: InspectionEvent) => void {
  if (typeof inspector === "function") return inspector;
  // Apps without types pass anything.
  const given: unknown = inspector;
  if (typeof given === "object" && given !== null) {
    if ("inspect" in inspector && typeof inspector.inspect === "function") return inspector.inspect.bind(inspector);
    if ("next" in inspector && typeof inspector.next === "function") return inspector.next.bind(inspector);
  }
  throw new InvalidOptionsError(
    "`inspect` must be an inspector of `rtvi-machine/inspect`, an observer of XState's inspection events or a function, or a list of them.",
  );
}

function guarded<Value>(run: (value: Value) => unknown, logger: Logger): (value: Value) => void {
  let state: "sound" | "broken" = "sound";
  const failed = (error: unknown): void => {
    if (state === "sound")
      logger.error("options.inspect threw; further errors of this inspector are not logged", error);
    state = "broken";
  };
  return (value) => {
    try {
      const returned = run(value);
      if (returned instanceof Promise) returned.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

/** So much of a message is read for its name. */
const HEAD = 400;
const NAMED = /"type"\s*:\s*"([\w.:-]{1,64})"/;
/** Messages of Gemini are called by their keys. */
const KEYED = /^\s*\{\s*"(\w{1,64})"(?:\s*:\s*\{\s*"(\w{1,64})")?/;

/** The name of a message, without parsing it. Names alone are read, so no word of a person gets into it. */
export function typeOfMessage(data: EncodedMessage): string {
  const head = typeof data === "string" ? data.slice(0, HEAD) : asText(data);
  const named = NAMED.exec(head)?.[1];
  if (named !== undefined) return named;
  const [, outer, inner] = KEYED.exec(head) ?? [];
  if (outer !== undefined) return inner === undefined ? outer : `${outer}.${inner}`;
  return typeof data === "string" ? "text" : "audio";
}

function sizeOf(data: EncodedMessage): number {
  if (typeof data === "string") return data.length;
  return data instanceof Blob ? data.size : data.byteLength;
}

function asText(data: Exclude<EncodedMessage, string>): string {
  if (data instanceof Blob) return "";
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
  return String.fromCharCode(...new Uint8Array(buffer, byteOffset, Math.min(HEAD, byteLength)));
}
