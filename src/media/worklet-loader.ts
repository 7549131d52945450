import { UnsupportedEnvironmentError } from "../errors.js";
import { captureWorkletSource, playbackWorkletSource } from "./worklets/generated.js";
import type { WorkletName } from "./worklets/protocol.js";

/**
 * Where the worklet files are: the URL of the folder that holds `capture.js` and `playback.js`, the URL of each, or a
 * function from name to URL. Relative URLs resolve against the page.
 */
export type WorkletUrl = string | Readonly<Record<WorkletName, string>> | ((name: WorkletName) => string);

const SOURCES: Readonly<Record<WorkletName, string>> = {
  capture: captureWorkletSource,
  playback: playbackWorkletSource,
};

function fileUrl(name: WorkletName, where: WorkletUrl): string {
  if (typeof where === "function") return where(name);
  if (typeof where === "string") return `${where.replace(/\/$/, "")}/${name}.js`;
  return where[name];
}

/** Bundlers inline small files: the whole script would be in the message. */
function shown(url: string): string {
  if (url.startsWith("data:")) return `${url.slice(0, url.indexOf(",") + 1).slice(0, 60)}…`;
  return url.length > 200 ? `${url.slice(0, 200)}…` : url;
}

const INLINED =
  " The bundler has inlined the file, and the policy forbids `data:` scripts: have it emit a file (Vite: `?url&no-inline`).";

/**
 * @param advice What to say of a script that does not load.
 * @throws UnsupportedEnvironmentError. Of a context that was closed on the way, the script says nothing.
 */
async function addModule(context: BaseAudioContext, name: WorkletName, url: string, advice: string): Promise<void> {
  try {
    await context.audioWorklet.addModule(url);
  } catch (cause) {
    const closed = `The AudioContext was closed while the ${name} worklet loaded.`;
    throw new UnsupportedEnvironmentError(context.state === "closed" ? closed : advice, { cause });
  }
}

async function loadFromBlob(context: BaseAudioContext, name: WorkletName): Promise<void> {
  const url = URL.createObjectURL(new Blob([SOURCES[name]], { type: "text/javascript" }));
  const advice =
    `The ${name} worklet could not load from a Blob URL: most likely the page's Content Security Policy (CSP) does not allow ` +
    "blob: in script-src. Allow it, or serve the files of rtvi-machine/worklets and pass their folder as `workletUrl`.";
  try {
    await addModule(context, name, url, advice);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Makes the processor of that name known to `context`. Call it once per context and name.
 * @throws UnsupportedEnvironmentError when the page has no AudioWorklet, or its CSP or server keeps the script from loading.
 */
export async function loadWorklet(context: BaseAudioContext, name: WorkletName, where?: WorkletUrl): Promise<void> {
  // Typed as always there; in an insecure context it is not.
  if (!("audioWorklet" in context)) {
    throw new UnsupportedEnvironmentError(
      "This page has no AudioWorklet: serve it over https or from localhost, and use a browser that has it.",
    );
  }
  if (where === undefined) return loadFromBlob(context, name);
  const url = fileUrl(name, where);
  const advice =
    `The ${name} worklet could not load from ${shown(url)} (option \`workletUrl\`): it must be served as JavaScript, and the page's ` +
    "Content Security Policy (CSP) must allow its origin in script-src." +
    (url.startsWith("data:") ? INLINED : "");
  await addModule(context, name, url, advice);
}
