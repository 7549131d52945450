/** For `JSON.parse`: leaves out any `__proto__`, which could reach a handler's objects. */
export function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

/** One of the name's characters, escaped. Some encoders escape `=`, which ends many a piece of audio: that is none of them. */
const ESCAPED = /\\u00(?:5f|6f|7[024])/i;

/** What `JSON.parse` makes of a text, without any `__proto__`. @throws SyntaxError; RangeError where one lies too deep. */
export function parseJson(text: string): unknown {
  // Looking at every value takes ten times as long, and overflows the stack where a plain parse does not: only where the
  // name may be in it, as it is or escaped.
  const suspect = text.includes("__proto__") || (text.includes("\\u00") && ESCAPED.test(text));
  return JSON.parse(text, suspect ? withoutProto : undefined);
}

/** A value as it would come over a connection: what is done to either changes nothing of the other. @throws what `JSON.stringify` throws. */
export function jsonCopy(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : parseJson(text);
}
