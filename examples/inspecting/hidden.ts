import { xstateInspector } from "rtvi-machine/inspect";

export const inspector = (iframe: HTMLIFrameElement) =>
  xstateInspector({
    iframe,
    sanitizeEvent: ({ type }) => ({ type }),
    sanitizeContext: () => ({}),
  });
