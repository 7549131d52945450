import type { Redactor } from "./redact.js";

/** Errors in errors. */
const DEEPEST = 8;

/**
 * What was thrown, to be kept as a `cause`: as it is, unless it, or an error inside it, quotes a secret. Then it is errors of the same names
 * and words without that.
 */
export function safeCause(thrown: unknown, redact: Redactor, depth = 0): unknown {
  if (!(thrown instanceof Error)) return redact.json(thrown, true);
  if (depth === DEEPEST) return undefined;
  const { name, message, stack } = thrown;
  const cause = safeCause(thrown.cause, redact, depth + 1);
  const several = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : undefined;
  const errors = several?.map((each) => safeCause(each, redact, depth + 1));
  const { cause: _cause, errors: _errors, ...fields } = thrown as Error & { errors?: unknown };
  const said = { name, message, stack, fields };
  const isSafe = redact.json(said, true) === said && cause === thrown.cause;
  if (isSafe && errors?.every((each, at) => each === several?.[at]) !== false) return thrown;
  const told = redact(message);
  const facts = cause === undefined ? {} : { cause };
  const copy = errors === undefined ? new Error(told, facts) : new AggregateError(errors, told, facts);
  return Object.defineProperty(copy, "name", { value: redact(name), configurable: true, writable: true });
}
