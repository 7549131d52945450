import { isRecord } from "./records.js";

/** Whether it can be listened to: React Native has a `window` that cannot, and stubs in Node are anything. */
export function canListen<Source extends object>(source: Source | null | undefined): source is Source {
  return isRecord(source) && "addEventListener" in source && typeof source.addEventListener === "function";
}

/** The page's navigator; undefined where there is none. */
export function pageNavigator(): Navigator | undefined {
  return typeof navigator !== "undefined" && isRecord(navigator) ? navigator : undefined;
}

/** The page's document; undefined where there is none, or something that tells nothing. */
export function pageDocument(): Document | undefined {
  return typeof document !== "undefined" && canListen(document) ? document : undefined;
}
