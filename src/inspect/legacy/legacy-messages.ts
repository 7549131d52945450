import type { AnyActorLogic, AnyEventObject, AnyStateMachine } from "xstate";
import { isRecord, recordAt } from "../../util/records.js";
import { legacyMachine, statusMachine } from "./legacy-machine.js";

/** What the legacy viewer is sent. States, events and machines are JSON texts. */
export type LegacyMessage =
  | {
      readonly type: "service.register";
      readonly machine: string;
      readonly state: string;
      readonly id: string;
      readonly sessionId: string;
      readonly parent?: string;
    }
  | { readonly type: "service.event"; readonly event: string; readonly sessionId: string }
  | { readonly type: "service.state"; readonly state: string; readonly sessionId: string }
  | { readonly type: "service.stop"; readonly sessionId: string };

/** The part of an actor that is shown. */
export interface ShownActor {
  readonly id: string;
  readonly sessionId: string;
  readonly logic: unknown;
  readonly _parent?: { readonly sessionId: string } | undefined;
  getSnapshot(): unknown;
  send(event: AnyEventObject): void;
}

/** What the app wants hidden. */
export interface Sanitizers {
  readonly sanitizeEvent?: (event: AnyEventObject) => AnyEventObject;
  readonly sanitizeContext?: (context: Record<string, unknown>) => Record<string, unknown>;
}

const isMachine = (logic: unknown): logic is AnyStateMachine & AnyActorLogic =>
  typeof logic === "object" && logic !== null && "root" in logic && "definition" in logic;

/** An event as XState 4 passes it on: `State.create` reads its data. */
const scxml = (event: AnyEventObject, origin?: string) => ({
  name: event.type,
  data: event,
  $$type: "scxml",
  type: "external",
  ...(origin !== undefined && { origin }),
});

const INIT: AnyEventObject = { type: "xstate.init" };

/** Writes what the viewer is sent. Each function may throw where an app's own sanitizer does. */
export class LegacyWriter {
  readonly #event: (event: AnyEventObject) => AnyEventObject;
  readonly #context: (context: Record<string, unknown>) => Record<string, unknown>;

  constructor({ sanitizeEvent, sanitizeContext }: Sanitizers) {
    this.#event = sanitizeEvent ?? ((event) => event);
    this.#context = sanitizeContext ?? ((context) => context);
  }

  register(actor: ShownActor): LegacyMessage {
    const { sessionId, logic, _parent: parent } = actor;
    // A root that was given no name goes by its machine's.
    const id = actor.id === sessionId && isMachine(logic) ? logic.id : actor.id;
    const snapshot = actor.getSnapshot();
    const machine = isMachine(logic) ? legacyMachine(logic, this.#contextOf(snapshot)) : statusMachine(id);
    return {
      type: "service.register",
      machine: JSON.stringify(machine),
      state: this.#stateText(snapshot, INIT, sessionId),
      id,
      sessionId,
      ...(parent !== undefined && { parent: parent.sessionId }),
    };
  }

  event(sessionId: string, event: AnyEventObject, origin: string | undefined): LegacyMessage {
    return { type: "service.event", event: JSON.stringify(scxml(this.#event(event), origin)), sessionId };
  }

  state(sessionId: string, snapshot: unknown, event: AnyEventObject): LegacyMessage {
    return { type: "service.state", state: this.#stateText(snapshot, event, sessionId), sessionId };
  }

  #contextOf(snapshot: unknown): Record<string, unknown> {
    return this.#context(isRecord(snapshot) ? { ...recordAt(snapshot, "context") } : {});
  }

  #stateText(snapshot: unknown, event: AnyEventObject, sessionId: string): string {
    const { status, value, tags } = isRecord(snapshot) ? snapshot : {};
    const shown = this.#event(event);
    return JSON.stringify({
      // An actor that is no machine has no state but its status.
      value: value ?? status,
      context: this.#contextOf(snapshot),
      event: shown,
      _event: scxml(shown),
      _sessionid: sessionId,
      tags: tags instanceof Set ? [...(tags as ReadonlySet<unknown>)] : [],
      done: status === "done",
      changed: true,
      actions: [],
      activities: {},
      events: [],
      configuration: [],
      transitions: [],
      meta: {},
      children: {},
    });
  }
}
