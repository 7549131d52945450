import { ConnectionFailedError, ProtocolError } from "../../errors.js";
import type { Fetch } from "../../options.js";
import { httpError } from "./close-codes.js";
import type { SessionPlan } from "./plan.js";
import { errorWords, tellsError, wordsOf, type ErrorWords } from "../../util/error-words.js";
import { isRecord } from "../../util/records.js";
import type { Redactor } from "../../util/redact.js";
import { safeCause } from "../../util/safe-cause.js";
import { namingHost } from "../../util/urls.js";

/** Bytes that an answer may have. */
const LONGEST = 256 * 1024;
/** Characters of a text that tells why. */
const LONGEST_WORDS = 500;

/** One call to the service: an offer that wants an answer. */
export interface ServiceCall {
  readonly url: string;
  readonly key: string;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
}

/**
 * The address that takes offers: `<base_url>/calls`, over HTTP.
 * @param model Named in the query where the key does not say it: a client secret was minted for its model.
 */
export function callUrl({ baseUrl }: SessionPlan, model: string | undefined): string {
  const url = new URL(baseUrl);
  const secure = /^(?:https|wss):$/.test(url.protocol);
  // Not by `protocol =`: URL refuses to turn ws into http.
  const path = url.pathname.replace(/\/+$/, "");
  const href = `${secure ? "https" : "http"}://${url.host}${path.endsWith("/calls") ? path : `${path}/calls`}${url.search}`;
  const call = new URL(href);
  if (model !== undefined && !call.searchParams.has("model")) call.searchParams.set("model", model);
  return call.href;
}

/**
 * Posts an offer and resolves to the answer, both as SDP.
 * @throws AuthenticationError, ServiceError with status, the service's own code and `retryAfterMs`, ProtocolError,
 * ConnectionFailedError when nobody answers.
 */
export async function exchangeOffer(offer: string, call: ServiceCall): Promise<string> {
  const { response, body } = await post(offer, call);
  if (!response.ok) throw refusal(response, body, call.redact);
  const sdp = body.trimStart();
  if (sdp.startsWith("v=")) return sdp;
  const value = jsonIn(body);
  const { message, code } = wordsIn(body, value);
  if (message !== undefined && saysError(value)) throw httpError(response.status, message, code, call.redact);
  // As the gate of a hotel's network does, which somebody may open.
  throw new ProtocolError("OpenAI answered the offer with something that is not SDP.", { retryable: true });
}

async function post(
  offer: string,
  { url, key, fetch, signal, redact }: ServiceCall,
): Promise<{ readonly response: Response; readonly body: string }> {
  let response: Response | undefined;
  try {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" };
    response = await fetch(url, { method: "POST", body: offer, headers, signal });
    return { response, body: await bodyOf(response) };
  } catch (error) {
    // How it was refused is known all the same.
    if (response?.ok === false) return { response, body: "" };
    const why =
      response === undefined
        ? "The offer could not be sent to OpenAI: the host cannot be reached, or it refuses this page's origin."
        : "OpenAI's answer to the offer was cut.";
    throw namingHost(new ConnectionFailedError(why, { cause: safeCause(error, redact), retryable: true }), url);
  }
}

/** The whole of it; empty where it is longer than any answer. */
async function bodyOf(response: Response): Promise<string> {
  // A fetch of the app's own may know no streams.
  const reader = (response.body as Response["body"] | undefined)?.getReader();
  if (reader === undefined) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  let left = Number(response.headers.get("content-length")) > LONGEST ? -1 : LONGEST;
  while (left >= 0) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    left -= value.length;
    text += decoder.decode(value, { stream: true });
  }
  // Nobody waits for it: a stream that has failed meanwhile rejects.
  reader.cancel().catch(() => undefined);
  return "";
}

function refusal(response: Response, body: string, redact: Redactor): Error {
  const { message = response.statusText, code } = wordsIn(body);
  const retryAfter = retryAfterOf(response.headers);
  return httpError(response.status, message, code, redact, retryAfter);
}

/** What an answer says of an error: as JSON of any shape, or as a short text. */
function wordsIn(body: string, value = jsonIn(body)): Partial<ErrorWords> {
  if (value !== undefined) return isRecord(value) ? errorWords(value) : wordsOf(value);
  const text = body.trim();
  // A proxy's page, for one: the status says enough.
  return text === "" || text.length > LONGEST_WORDS || /[<{]/.test(text) ? {} : { message: text };
}

function saysError(value: unknown): boolean {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return isRecord(first) && tellsError(first);
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Seconds, or a date by the clock of the service, which this device's may disagree with. In ms; undefined where there is none. */
function retryAfterOf(headers: Headers): number | undefined {
  const header = headers.get("retry-after");
  if (header === null || header === "") return undefined;
  const sent = Date.parse(headers.get("date") ?? "");
  const now = Number.isNaN(sent) ? Date.now() : sent;
  const ms = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
