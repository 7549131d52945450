import { describe, expect, it, onTestFinished } from "vitest";
import { loadWorklet } from "../../../src/media/worklet-loader.js";
import { captureWorkletSource } from "../../../src/media/worklets/generated.js";
import { openSpeaker, ramp } from "./support.js";

const fileOf = (name: string): string =>
  new URL(`../../../src/media/worklets/${name}.worklet.ts`, import.meta.url).href;

/** The AudioContext of a page that allows scripts from its own origin only. */
function strictContext(): Promise<AudioContext> {
  return new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'"><p>strict</p>`;
    frame.onload = () => {
      const Context = Reflect.get(frame.contentWindow!, "AudioContext") as typeof AudioContext;
      resolve(new Context());
    };
    document.body.append(frame);
    onTestFinished(() => frame.remove());
  });
}

describe("the worklets", () => {
  it("are self-contained scripts", () => {
    expect(captureWorkletSource).not.toMatch(/\bimport\b|\brequire\b/);
  });

  it("load from files at workletUrl", async () => {
    const { speaker, reports } = await openSpeaker({ workletUrl: fileOf });
    speaker.write(ramp(480), "a");
    await expect.poll(() => reports.at(-1)?.type).toBe("drained");
    speaker.close();
  });

  it("say what to do where a Content Security Policy forbids blob:, and load from files there", async () => {
    const context = await strictContext();
    const refused = loadWorklet(context, "capture");
    await expect(refused).rejects.toThrow(/CSP.*workletUrl/);
    await expect(refused).rejects.toHaveProperty("code", "unsupported-environment");
    await loadWorklet(context, "capture", fileOf);
    await context.close();
  });
});
