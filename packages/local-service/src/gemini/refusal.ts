/** What Gemini says about a client's mistake: a close code and a reason, and nothing else. The connection ends. */
export class Refusal extends Error {
  /** 1007: an argument is wrong. 1008: what was asked for does not exist or is not allowed. 1011: the service failed. */
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.name = "Refusal";
    this.code = code;
  }
}

/** A wrong argument: close code 1007. */
export function invalidArgument(reason: string): Refusal {
  return new Refusal(1007, reason);
}

/** The most that a close frame can carry after its code. */
const REASON_BYTES = 123;

/** A reason that fits into a close frame. The real service cuts its reasons too. */
export function closeReason(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= REASON_BYTES) return text;
  // A character that was cut in half becomes U+FFFD, which is longer than what it replaces.
  return bytes
    .subarray(0, REASON_BYTES)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
}
