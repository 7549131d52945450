/** Whether a reply belongs to the conversation, or is made beside it: what is said in an aside is not written down. */
export type ReplyKind = "conversation" | "aside";

/** How a reply ended: all of it was made, somebody cut it, or the service failed at it. */
export type ReplyEnd = "completed" | "cut" | "failed";

/** Whether words are the transcript of audio, or are written and never spoken. */
export type WordsForm = "spoken" | "written";

/** A piece of a reply: `item` is what is played, cut and written down as one. */
interface Piece {
  readonly reply: string;
  readonly item: string;
}

/** What is told of one reply. A reply that nobody has announced begins with the first piece of it. */
export type ReplyEvent =
  /**
   * Audio on its way to the player. `pcm`: 16-bit little-endian mono PCM at the rate that the player takes; called only where it is
   * wanted, because much of it comes after an interruption. May throw ProtocolError.
   */
  | ({ readonly type: "audio"; readonly pcm: () => ArrayBuffer } & Piece)
  /** The last audio of an item has been sent. */
  | ({ readonly type: "audio.ended" } & Piece)
  | ({ readonly type: "words"; readonly text: string; readonly form: WordsForm } & Piece)
  /** An item's words are probably complete; more may come. */
  | ({ readonly type: "words.paused" } & Piece)
  /** An item's words are complete; `text`: all of them, where the service says it again. */
  | ({ readonly type: "words.complete"; readonly text: string | undefined; readonly form: WordsForm } & Piece)
  /** The model begins to write a function call. */
  | {
      readonly type: "call.announced";
      readonly reply: string;
      readonly callId: string;
      readonly name: string | undefined;
    }
  /** The model calls a function; `arguments`: JSON. */
  | {
      readonly type: "call";
      readonly reply: string;
      readonly callId: string | undefined;
      readonly name: string | undefined;
      readonly arguments: string | undefined;
    };

/**
 * What a voice service tells of its bot, whatever its protocol calls it: each service decodes its messages into these, and
 * `Bot` turns them into what the app, the player, the turns and the history are told. A service without ids makes them in
 * its decoder.
 */
export type BotEvent =
  | ReplyEvent
  | { readonly type: "reply.began"; readonly reply: string; readonly kind: ReplyKind }
  /** All audio of a reply has been sent; words of it may still come. */
  | { readonly type: "reply.made"; readonly reply: string }
  /** `another`: a reply that had to wait for this end is owed. */
  | {
      readonly type: "reply.ended";
      readonly reply: string;
      readonly how: ReplyEnd;
      /** Of a reply of which nothing came before. */
      readonly kind?: ReplyKind;
      readonly another?: boolean;
    }
  /** The service has shortened an item to what was heard of it. */
  | { readonly type: "item.truncated"; readonly item: string }
  /** The service's own playback, where it plays (WebRTC); `reply`: the one that is played, where it says so. */
  | { readonly type: "playback.began" | "playback.ended" | "playback.cut"; readonly reply?: string | undefined };

/** What a voice service tells of its user. */
export type UserEvent =
  | { readonly type: "user.started" | "user.stopped" }
  /** What was said since is one item of the conversation; its words come later, or never. */
  | { readonly type: "user.committed"; readonly item: string | undefined }
  /** A piece of an item's transcript. */
  | { readonly type: "user.words"; readonly item: string; readonly text: string }
  /** An item's whole transcript. */
  | { readonly type: "user.understood"; readonly item: string; readonly text: string }
  /** There will be no transcript of an item. */
  | { readonly type: "user.not-understood"; readonly item: string };

/** What a voice service says of its bot and, where it says so (OpenAI does), of its user: each service is decoded into these. */
export type VoiceEvent = BotEvent | UserEvent;
