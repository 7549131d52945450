import { AuthenticationError } from "../../errors.js";
import type { Attempt } from "../../contracts/connection.js";
import { readProvided } from "../../util/credential-source.js";
import { checkedKey, tokenOf } from "../../providers/openai/credential.js";
import type { OpenAICredential, OpenAIKeyRequest } from "../../providers/openai/options.js";
import type { OpenAICredentialOfAttempt } from "../../providers/openai/provider.js";
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

/** Asks before each attempt for the secret and the model that belong together, and holds the token of the session to come. */
export class SessionCredential {
  #token = "";
  readonly #getSessionToken: SessionTokenProvider | undefined;

  constructor(getSessionToken: SessionTokenProvider | undefined) {
    this.#getSessionToken = getSessionToken;
  }

  /** The `token` of the session to come; none once it is over. */
  authenticate(token: string): void {
    this.#token = token;
  }

  /** @throws AuthenticationError without a secret; ConnectionFailedError, retryable, when it could not be asked for. */
  readonly read = ({ attempt, signal }: Attempt): Promise<OpenAICredentialOfAttempt> => {
    const request: SessionTokenRequest = { attempt, signal, token: this.#token };
    // The token opens the session only where nobody else hands out secrets: with `getSessionToken` it is the app's own
    // credential, and no other server must see it, also when that function fails.
    const source = this.#getSessionToken ?? this.#token;
    return readProvided("getSessionToken", source, request, (answer) => this.#answered(answer));
  };

  /** The secret and the model that belong together. */
  #answered(answer: unknown): OpenAICredentialOfAttempt {
    if ((tokenOf(answer)?.trim() ?? "") === "") throw new AuthenticationError(this.#missing);
    const model = modelIn(answer);
    return { key: checkedKey(answer), ...(model !== undefined && { model }) };
  }

  get #missing(): string {
    return this.#getSessionToken === undefined
      ? "There is nothing to authenticate with: pass `token` to connect(), or `getSessionToken` in the dependencies."
      : "getSessionToken() answered without a `client_secret.value`: look at what your session endpoint says.";
  }
}
