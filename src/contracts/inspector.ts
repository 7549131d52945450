import type { InspectionEvent, Observer } from "xstate";

/** A message of the connection in outline: never its contents. */
export interface MessageOutline {
  readonly direction: "sent" | "received";
  /** As the service calls it (`response.done`, `serverContent.modelTurn`); `audio` where it is a chunk of sound. */
  readonly type: string;
  /** Of JSON in UTF-16 units, of sound and frames in bytes. */
  readonly size: number;
}

/** Something that looks at sessions. */
export interface SessionInspector {
  /** Receives every inspection event of the session's actors. Must be cheap: it runs in the middle of a chart's step. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Receives an outline of every message of the connection. Without it, none is made. */
  readonly message?: (outline: MessageOutline) => void;
}

/** What the option `inspect` takes, alone or several in a list. */
export type Inspector = SessionInspector | Observer<InspectionEvent> | ((event: InspectionEvent) => void);
