import type { JsonObject } from "../json.js";

/** An event on its way to the client; its `event_id` is added when it leaves. */
export interface ServerEvent extends JsonObject {
  readonly type: string;
}

/** Takes events in the GA shape. */
export type Send = (event: ServerEvent) => void;
