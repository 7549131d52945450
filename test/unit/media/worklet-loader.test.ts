import { describe, expect, it, vi } from "vitest";
import { UnsupportedEnvironmentError } from "../../../src/errors.js";
import { loadWorklet } from "../../../src/media/worklet-loader.js";

function context(addModule: (url: string) => Promise<void>): BaseAudioContext {
  return { audioWorklet: { addModule } } as unknown as BaseAudioContext;
}

describe("loadWorklet", () => {
  it("loads from a Blob URL and revokes it", async () => {
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    const addModule = vi.fn(async () => undefined);
    await loadWorklet(context(addModule), "capture");
    expect(addModule).toHaveBeenCalledWith(expect.stringMatching(/^blob:/));
    expect(revoke).toHaveBeenCalledTimes(1);
    revoke.mockRestore();
  });

  it.each([
    ["/audio", "/audio/playback.js"],
    ["https://cdn.example/w/", "https://cdn.example/w/playback.js"],
    [{ capture: "c.js", playback: "p.js" }, "p.js"],
    [(name: string) => `/x-${name}.mjs`, "/x-playback.mjs"],
  ])("loads from workletUrl %j", async (where, url) => {
    const addModule = vi.fn(async () => undefined);
    await loadWorklet(context(addModule), "playback", where);
    expect(addModule).toHaveBeenCalledWith(url);
  });

  it.each([[undefined], ["/audio"]])("names CSP and workletUrl when it fails (%j), and revokes", async (where) => {
    const revoke = vi.spyOn(URL, "revokeObjectURL");
    const cause = new DOMException("Unable to load a worklet's module.", "AbortError");
    const failed = loadWorklet(
      context(() => Promise.reject(cause)),
      "capture",
      where,
    );
    await expect(failed).rejects.toThrow(UnsupportedEnvironmentError);
    await expect(failed).rejects.toThrow(/CSP.*workletUrl|workletUrl.*CSP/);
    await expect(failed).rejects.toHaveProperty("cause", cause);
    expect(revoke).toHaveBeenCalledTimes(where === undefined ? 1 : 0);
    revoke.mockRestore();
  });

  it.each([[undefined], ["/audio"]])(
    "worklet errors: blame no policy where the context was closed meanwhile (%j)",
    async (where) => {
      const closed = { audioWorklet: { addModule: () => Promise.reject(new Error("closed")) }, state: "closed" };
      const failed = loadWorklet(closed as unknown as BaseAudioContext, "capture", where);
      await expect(failed).rejects.toThrow(UnsupportedEnvironmentError);
      await expect(failed).rejects.not.toThrow(/CSP/);
    },
  );

  const script = btoa("registerProcessor()".repeat(500));
  it.each([
    [`data:text/javascript;base64,${script}`, /from data:text\/javascript;base64,… \(.*no-inline/],
    [`data:${script},`, /no-inline/],
    [`data:,${encodeURIComponent("registerProcessor()".repeat(500))}`, /from data:,… \(.*no-inline/],
    [`https://cdn.example/${script}`, /cdn\.example.*CSP/],
  ])("worklet errors: are short, whatever the URL (%.30s)", async (url, said) => {
    const failed = loadWorklet(
      context(() => Promise.reject(new DOMException("no", "AbortError"))),
      "capture",
      () => url,
    );
    await expect(failed).rejects.toThrow(said);
    await expect(failed).rejects.toSatisfy((error: Error) => error.message.length < 600);
  });

  it("says that a secure context is missing", async () => {
    await expect(loadWorklet({} as BaseAudioContext, "capture")).rejects.toThrow(/https/);
  });
});
