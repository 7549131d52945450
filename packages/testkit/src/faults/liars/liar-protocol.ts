import type { IncomingMessage } from "node:http";

/** One message on the connection: text, or bytes of a binary frame. */
export type Frame = string | Uint8Array;

/** What an app said, as far as a liar cares. */
export type Said =
  | { readonly kind: "setup" }
  | { readonly kind: "text"; readonly text: string }
  /** The app asks for an answer to its text, where that is a message of its own. */
  | { readonly kind: "ask" }
  /** The app wants the bot to stop what it is making. */
  | { readonly kind: "cancel"; readonly eventId?: string }
  | { readonly kind: "sound"; readonly bytes: number }
  | { readonly kind: "other" };

/** One answer of the bot, in the order in which an honest service gives it. */
export interface Turn {
  /** What comes before the sound. */
  readonly begin: readonly Frame[];
  /** Words and sound. */
  readonly middle: readonly Frame[];
  readonly end: readonly Frame[];
}

/** A protocol as far as it takes to speak it, and to lie in it: one entry per protocol in `protocols/index.ts`. */
export interface LiarProtocol {
  readonly name: string;
  /** Of the address that transports connect, with the query they need. */
  readonly path: string;
  /** Chosen when the app offers it. */
  readonly subprotocol?: string;
  /** The secret that a handshake carries. */
  credentialOf(request: IncomingMessage): string | undefined;
  read(data: Buffer, isBinary: boolean): Said;
  /** Said as soon as the line is open. */
  welcome(): readonly Frame[];
  /** The answer to the app's set-up. */
  ready(): readonly Frame[];
  /** Where the app says `ask`, the answer waits for it. */
  readonly answersOn: "text" | "ask";
  /** @param id distinguishes one answer from another. */
  turn(words: string, id: string): Turn;
  /** The answer to a cancellation: there was nothing to cancel. Empty where the protocol has none. */
  nothingToCancel(eventId: string | undefined): readonly Frame[];
  /** The user was heard to begin to speak: the bot should fall silent. */
  interrupted(): readonly Frame[];
  /** An error that does not end the session. */
  failure(words: string): readonly Frame[];
  /** What ends nothing, and has these words where nobody expects any: as a kind of message, and deep within. */
  quotation(words: string): readonly Frame[];
  /** A call of a function that the app never offered. */
  toolCall(id: string): readonly Frame[];
  /** Sound of an answer: 100 ms. */
  sound(id: string): Frame;
  /** A message of a kind that nobody knows. */
  unknown(): Frame;
  /** The JSON that a frame carries; undefined where it carries none. */
  decode(frame: Frame): unknown;
  /** A frame that carries this JSON. */
  encode(value: unknown): Frame;
}
