/** The receivers of the real `@xstate/inspect`, and XState 4 to read what they received. */
export { createWebSocketReceiver, createWindowReceiver } from "@xstate/inspect";
export type { InspectReceiver, ParsedReceiverEvent } from "@xstate/inspect";
export { createMachine, type AnyStateMachine, type AnyState } from "xstate";
