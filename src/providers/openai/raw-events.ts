import { InvalidOptionsError } from "../../errors.js";
import type { RawMessages } from "../../dialogue/client-commands.js";
import { checkJson } from "../../util/check-options.js";
import { isRecord, stringAt } from "../../util/records.js";
import type { OpenAIClientEvent } from "./effects.js";

/** A client event of the service, checked as far as it must be to be sent. @throws InvalidOptionsError */
export function readServiceEvent(event: unknown): OpenAIClientEvent {
  const type = isRecord(event) ? stringAt(event, "type") : undefined;
  if (!isRecord(event) || type === undefined || type === "") {
    throw new InvalidOptionsError("A service event must be an object with a string `type`.");
  }
  checkJson("A service event", event);
  return { ...event, type };
}

/** What a raw client message may hold. */
export const RAW_EVENTS: RawMessages = { read: readServiceEvent, what: "a client event of the Realtime API" };
