import type { IncomingMessage, ServerResponse } from "node:http";
import { readKey, type KeyVerdict } from "../auth.js";
import { faultsFor, type FaultKnobs } from "../faults.js";
import { readBody, sendJson } from "../http.js";
import { objectOr, parseJsonObject, stringOr, type JsonObject } from "../json.js";
import type { ServiceParts } from "../live-session.js";
import { newId } from "../openai/ids.js";
import { errorBody, ProtocolMistake, type ProtocolErrorFacts } from "../openai/protocol-error.js";
import { sessionCheck } from "../openai/session-check.js";
import { OpenAiSession } from "../openai/session.js";
import { findRefusal, turnAway, UNAUTHORIZED } from "../openai/upgrade.js";
import type { HttpHandler } from "../router.js";
import { Call } from "./call.js";
import { chooseCodec } from "./choose-codec.js";
import { RtpVoice } from "./rtp-voice.js";
import { dataChannelLine } from "./data-channel-line.js";
import { loadWerift, type WeriftModule } from "./werift.js";

const PATH = "/v1/realtime/calls";
const ROUTE = `POST ${PATH}`;

/** What a client posts: an offer, and with a form also a session. */
interface Offer {
  readonly sdp: string;
  readonly session: JsonObject;
}

/** Takes offers at `POST /v1/realtime/calls`, and holds the calls they become. */
export class OpenAiCalls {
  readonly #parts: ServiceParts;
  readonly #calls = new Set<Call>();
  /** Calls that are over and still hold a port. */
  readonly #releasing = new Set<Promise<void>>();
  #count = 0;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  get routes(): Readonly<Record<string, HttpHandler>> {
    return { [ROUTE]: (request, response, url) => this.#take(request, response, url) };
  }

  /** What an offer may come as. */
  get contentTypes(): Readonly<Record<string, readonly string[]>> {
    return { [ROUTE]: ["application/sdp", "multipart/form-data"] };
  }

  /** Ends every call; resolves when their ports are free. */
  async close(): Promise<void> {
    for (const call of [...this.#calls]) call.close();
    await Promise.all([...this.#releasing]);
  }

  async #take(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const faults = faultsFor(this.#parts.faults, url.searchParams);
    if (faults.stallUpgrade) return;
    if (faults.unavailable) {
      response.setHeader("Retry-After", "1");
      const message = "The server is overloaded or not ready yet.";
      refuse(response, 503, { code: null, type: "server_error", message });
      return;
    }
    const verdict: KeyVerdict = faults.unauthorizedAfterOpen
      ? { kind: "standard" }
      : this.#parts.keys.check(readKey(request));
    const offer = await readOffer(request);
    const baked = { ...(verdict.kind === "ephemeral" && verdict.session), ...offer?.session };
    const model = url.searchParams.get("model") ?? stringOr(baked.model);
    const refusal = findRefusal(verdict, model);
    if (refusal !== undefined || model === undefined) {
      refuse(response, refusal?.status ?? 400, refusal ?? { code: "missing_model", message: "A model is missing." });
      return;
    }
    if (offer === undefined) {
      refuse(response, 400, { code: "invalid_offer", message: "Expected an SDP offer." });
      return;
    }
    const werift = await this.#loaded(response);
    if (werift === undefined) return;
    try {
      const { model: _model, ...session } = baked;
      if (Object.keys(session).length > 0) sessionCheck(session, "session");
      await this.#answer(werift, response, offer.sdp, model, session, faults);
    } catch (error) {
      if (!(error instanceof ProtocolMistake)) throw error;
      refuse(response, 400, error.facts);
    }
  }

  /** Undefined without the package: the client and the log are told what to install. */
  async #loaded(response: ServerResponse): Promise<WeriftModule | undefined> {
    try {
      return await loadWerift();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#parts.settings.logger.warn(`refused a call: ${message}`, error instanceof Error ? error.cause : error);
      // No 5xx, which a client would try again: nothing changes until it is installed.
      refuse(response, 424, { code: "webrtc_not_installed", type: "server_error", message });
      return undefined;
    }
  }

  async #answer(
    werift: WeriftModule,
    response: ServerResponse,
    sdp: string,
    model: string,
    baked: JsonObject,
    faults: Readonly<FaultKnobs>,
  ): Promise<void> {
    const codec = await chooseCodec(sdp, this.#parts.settings.logger);
    let session: OpenAiSession | undefined;
    const voice = new RtpVoice(
      (event) => session?.send(event),
      () => session?.outputFormat ?? "audio/pcm",
    );
    const id = newId("sess");
    const call: Call = new Call(werift, codec, {
      opened: (channel) => {
        const { settings, events } = this.#parts;
        this.#count += 1;
        const line = dataChannelLine(channel, () => call.close());
        if (faults.unauthorizedAfterOpen) {
          turnAway(line, UNAUTHORIZED);
          return;
        }
        const label = `call ${String(this.#count)}`;
        session = new OpenAiSession({ line, voice, settings, faults, events, id, label, model, baked });
        this.#parts.opened(id, session, line);
        session.open();
      },
      message: (data, isBinary) => session?.receive(data, isBinary),
      sound: (pcm) => session?.hear(pcm),
      frame: () => voice.next(),
      closed: () => {
        this.#calls.delete(call);
        this.#releasing.add(call.released);
        void call.released.then(() => this.#releasing.delete(call.released));
        session?.closed(1000);
        this.#parts.closed(id);
      },
    });
    this.#calls.add(call);
    // Nobody waits for this answer any more.
    response.on("close", () => {
      if (!response.writableFinished) call.close();
    });
    let answer: string;
    try {
      answer = await call.answer(sdp);
    } catch (error) {
      call.close();
      const message = `The offer could not be answered: ${error instanceof Error ? error.message : String(error)}`;
      throw new ProtocolMistake({ code: "invalid_offer", message });
    }
    response.writeHead(201, { "Content-Type": "application/sdp", Location: `${PATH}/${newId("call")}` });
    response.end(answer);
  }
}

/** The offer as it is (`application/sdp`), or in a form with `sdp` and `session`; undefined when there is none. */
async function readOffer(request: IncomingMessage): Promise<Offer | undefined> {
  const body = await readBody(request);
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/form-data")) return offerOf(body.toString("utf8"), undefined);
  try {
    // oxlint-disable-next-line typescript/no-deprecated -- for servers that must bear any load; this one serves its owner
    const form = await new Response(new Uint8Array(body), { headers: { "Content-Type": type } }).formData();
    return offerOf(await textOf(form.get("sdp")), await textOf(form.get("session")));
  } catch {
    return undefined; // Not the form that its header says; whoever sent it is told so.
  }
}

function offerOf(sdp: string | undefined, session: string | undefined): Offer | undefined {
  if (sdp?.startsWith("v=") !== true) return undefined;
  return { sdp, session: objectOr(parseJsonObject(session ?? "{}")) };
}

async function textOf(entry: { text(): Promise<string> } | string | null): Promise<string | undefined> {
  return entry === null || typeof entry === "string" ? (entry ?? undefined) : entry.text();
}

function refuse(response: ServerResponse, status: number, facts: ProtocolErrorFacts): void {
  sendJson(response, status, errorBody(facts));
}
