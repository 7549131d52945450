import { InvalidOptionsError } from "../../errors.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../util/records.js";

/** Who says something. The API itself knows users and models; what the system says is an instruction, or a user's turn. */
export type Role = "user" | "model" | "system";

/** One message, as the API wants it. */
export interface Content {
  readonly role: Role;
  readonly parts: readonly JsonRecord[];
}

const ROLES: ReadonlyMap<unknown, Role> = new Map([
  ["user", "user"],
  ["assistant", "model"],
  ["model", "model"],
  ["system", "system"],
  ["developer", "system"],
]);

/**
 * A message of the app.
 * @param name What the caller calls the message, for errors.
 * @throws InvalidOptionsError naming `role` or `content`.
 */
export function readContent(role: unknown, content: unknown, name: string): Content {
  const known = ROLES.get(role);
  if (known === undefined) throw new InvalidOptionsError(`${name}.role must be "user", "assistant" or "system".`);
  return { role: known, parts: readParts(content, `${name}.content`) };
}

/** A system instruction in any of its shapes, as parts. @throws InvalidOptionsError */
export function instructionParts(instruction: unknown, name: string): readonly JsonRecord[] {
  if (instruction === undefined) return [];
  const parts = isRecord(instruction) ? (fieldOf(instruction, "parts") ?? instruction) : instruction;
  return readParts(parts, name);
}

/** A turn of the history; what the system says in its midst is told as the user's. */
export function turnOf({ role, parts }: Content): JsonRecord {
  return { role: role === "model" ? "model" : "user", parts };
}

/** The text of parts. @throws InvalidOptionsError where there is anything else. */
export function textOf(parts: readonly JsonRecord[], name: string): string {
  return parts
    .map((part) => {
      const text = stringAt(part, "text");
      if (text === undefined)
        throw new InvalidOptionsError(`${name} must be text: this model takes nothing else here.`);
      return text;
    })
    .join("\n");
}

function readParts(content: unknown, name: string): JsonRecord[] {
  const parts: unknown[] = Array.isArray(content) ? content : [content];
  if (parts.length === 0) throw new InvalidOptionsError(`${name} is empty.`);
  return parts.map((part) => readPart(part, name));
}

function readPart(part: unknown, name: string): JsonRecord {
  if (typeof part === "string") return { text: part };
  if (!isRecord(part)) throw new InvalidOptionsError(`${name} must be a string or a list of parts.`);
  const text = stringAt(part, "text");
  if (text !== undefined) return { text };
  const image = fieldOf(part, "image_url");
  if (image !== undefined) return imagePart(isRecord(image) ? fieldOf(image, "url") : image, name);
  if (Object.keys(part).length === 0 || fieldOf(part, "type") !== undefined) {
    throw new InvalidOptionsError(`${name} has a part that is neither text, nor an image, nor in the API's own shape.`);
  }
  return part;
}

/** Chat completions' image part. The service fetches nothing: the image must be in the URL. */
function imagePart(url: unknown, name: string): JsonRecord {
  const [, mimeType, data] = /^data:([\w.+/-]+);base64,(.+)$/s.exec(typeof url === "string" ? url : "") ?? [];
  if (data === undefined) throw new InvalidOptionsError(`${name} has an image that is not a base64 data URL.`);
  return { inlineData: { mimeType, data } };
}
