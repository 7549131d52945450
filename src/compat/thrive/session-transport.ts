import type { TransportState } from "@pipecat-ai/client-js";
import { AuthenticationError, ConnectionAbortedError } from "../../errors.js";
import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { readProvided } from "../../util/credential-source.js";
import { socketConstructor } from "../../transport/service-socket.js";
import { checkedKey, tokenOf } from "../../providers/openai/credential.js";
import {
  DEFAULT_MODEL,
  type OpenAICredential,
  type OpenAIKeyRequest,
  type OpenAIServiceOptions,
} from "../../providers/openai/options.js";
import { OpenAIRealTimeWebSocketTransport } from "../../providers/openai/transport.js";
import { modelIn } from "./config.js";

/** The answer of a session endpoint. */
export interface SessionToken {
  /** `value` opens the session; `expires_at` is not looked at, because the secret is used at once. */
  client_secret: { value: string; expires_at: string | number };
  /** Not looked at: the service names the session itself. */
  session_id: string;
  /** The model that the secret was made for. */
  model: string;
}

/** What `getSessionToken` is told. A function without parameters fits as well. */
export interface SessionTokenRequest extends OpenAIKeyRequest {
  /** The `token` of `connect()`, for your own server. */
  readonly token: string;
}

/** Asked on every attempt for a session token; OpenAI's own answers are taken too, unchanged. */
export type SessionTokenProvider = (
  request: SessionTokenRequest,
) => SessionToken | OpenAICredential | Promise<SessionToken | OpenAICredential>;

/** The OpenAI transport, asking before each attempt for the secret and the model that belong together. */
export class SessionTransport extends OpenAIRealTimeWebSocketTransport {
  private _token = "";
  private readonly _getSessionToken: SessionTokenProvider | undefined;
  private readonly _model: string;

  constructor(
    service: OpenAIServiceOptions,
    getSessionToken: SessionTokenProvider | undefined,
    manager: MediaManager | undefined,
    options: TransportOptions,
  ) {
    super(service, manager, options);
    this._getSessionToken = getSessionToken;
    this._model = service.model ?? DEFAULT_MODEL;
  }

  /** The `token` of the session to come; none once it is over. */
  authenticate(token: string): void {
    this._token = token;
  }

  /** @throws AuthenticationError without a secret; ConnectionFailedError, retryable, when it could not be asked for. */
  override async connectLLM(): Promise<void> {
    const { attempt, signal } = this.attempt;
    // Before a secret is minted that nobody can use.
    socketConstructor(this.options);
    const request: SessionTokenRequest = { attempt, signal, token: this._token };
    // The token opens the session only where nobody else hands out secrets: with `getSessionToken` it is the app's own
    // credential, and no other server must see it, also when that function fails.
    const source = this._getSessionToken ?? this._token;
    const read = (answer: unknown) => this._read(answer);
    const options = await readProvided("getSessionToken", source, request, read);
    // The base looks up the attempt of the moment, which may be a newer one by now: two connections would come of it.
    if (signal.aborted)
      throw new ConnectionAbortedError("The attempt was given up while it waited for a session token.");
    this._service_options = { ...this._service_options, ...options };
    await super.connectLLM();
  }

  protected override stateAnnounced(state: TransportState): void {
    super.stateAnnounced(state);
    if (state !== "disconnected" && state !== "error") return;
    const { api_key: _minted, ...rest } = this._service_options;
    this._service_options = rest;
  }

  /** The secret and the model that belong together. */
  private _read(answer: unknown): { readonly api_key: string; readonly model: string } {
    if ((tokenOf(answer)?.trim() ?? "") === "") throw new AuthenticationError(this._missing);
    return { api_key: checkedKey(answer), model: modelIn(answer) ?? this._model };
  }

  private get _missing(): string {
    return this._getSessionToken === undefined
      ? "There is nothing to authenticate with: pass `token` to connect(), or `getSessionToken` in the dependencies."
      : "getSessionToken() answered without a `client_secret.value`: look at what your session endpoint says.";
  }
}
