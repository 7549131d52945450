import type { MessageTooLargeError } from "@pipecat-ai/client-js";
import type { Turns } from "../../contracts/turns.js";
import { EffectSink } from "../../dialogue/effects.js";
import { excessOf } from "../../connection/message-size.js";
import type { JsonRecord } from "../../util/records.js";

/** A client event of the Realtime API: its `type`, and the fields that the API documents for it. */
export interface OpenAIClientEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Why one of our client events was sent; its event id begins with it, so that an error about it can be recognised. */
export type Purpose = "session" | "create" | "cancel" | "truncate" | "clear" | "delete" | "probe";

/** Collects what is to be done; an event of ours can be given an id that tells its purpose. */
export class OpenAISink extends EffectSink {
  #count = 0;

  /** @param most Bytes that an event may have. */
  constructor(
    turns: Turns,
    private readonly most: () => number = () => Infinity,
  ) {
    super(turns);
  }

  /** Why the connection does not take an event, which will yet have an id; undefined where it does. */
  excess(event: JsonRecord): MessageTooLargeError | undefined {
    const most = this.most();
    if (most === Infinity) return undefined;
    return excessOf(JSON.stringify({ event_id: "rtvi_truncate_123456789", ...event }), most);
  }

  /** To be asked before anything happens because of an event. @throws MessageTooLargeError when the connection does not take it. */
  check(event: JsonRecord): void {
    const excess = this.excess(event);
    if (excess !== undefined) throw excess;
  }

  /** Sends with an event id that `purposeOf` reads back from an error; returns the id. */
  sendFor(purpose: Purpose, event: JsonRecord): string {
    this.#count += 1;
    const id = `rtvi_${purpose}_${this.#count}`;
    this.send({ ...event, event_id: id });
    return id;
  }
}

/** The purpose inside an event id that `sendFor` made; undefined for anybody else's. */
export function purposeOf(eventId: string | undefined): string | undefined {
  return /^rtvi_(session|create|cancel|truncate|clear|delete|probe)_\d+$/.exec(eventId ?? "")?.[1];
}
