import { InvalidOptionsError } from "../../errors.js";
import { withoutProto } from "../../util/json.js";
import { isRecord, type JsonRecord } from "../../util/records.js";
import type { Recording } from "./recording.js";

/**
 * Reads a recording: its JSON text, or what was parsed of it.
 * @throws InvalidOptionsError where it is none, or one of a later version.
 */
export function readRecording(file: unknown): Recording {
  const read = typeof file === "string" ? parsed(file) : file;
  if (!isRecord(read) || read.format !== "rtvi-machine recording") {
    throw new InvalidOptionsError("This is not a recording of flightRecorder(): its `format` is missing.");
  }
  if (read.version !== 1 && read.version !== 2) {
    throw new InvalidOptionsError(
      `This recording has version ${String(read.version)}; this library reads versions 1 and 2. Use the library that wrote it, or a later one.`,
    );
  }
  if (!isWhole(read)) throw new InvalidOptionsError("This recording is damaged: parts of it are missing.");
  return read;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, withoutProto);
  } catch (cause) {
    throw new InvalidOptionsError("This is not a recording of flightRecorder(): it is not JSON.", { cause });
  }
}

const isText = (value: unknown): value is string => typeof value === "string";

function isWhole(read: JsonRecord): read is JsonRecord & Recording {
  const { began, until, surroundings, base, entries } = read;
  if (!isText(began) || typeof until !== "number" || !isRecord(surroundings)) return false;
  return Array.isArray(base) && base.every(isActorState) && Array.isArray(entries) && entries.every(isEntry);
}

const isActorState = (value: unknown): boolean =>
  isRecord(value) && isText(value.actor) && isText(value.status) && isRecord(value.context);

function isEntry(value: unknown): boolean {
  if (!isRecord(value) || typeof value.at !== "number") return false;
  if (value.kind === "message") return isText(value.type) && typeof value.size === "number";
  if (value.kind === "statistics") {
    return isRecord(value.numbers) && Object.values(value.numbers).every((number) => typeof number === "number");
  }
  if (!isText(value.actor)) return false;
  return value.kind === "actor" || (value.kind === "step" && isRecord(value.event) && isText(value.event.type));
}
