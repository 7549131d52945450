import { DeviceError, RTVIEvent } from "@pipecat-ai/client-js";
import type {} from "@vitest/browser-playwright";
import { describe, expect, it, onTestFinished } from "vitest";
import { cdp, userEvent } from "vitest/browser";
import { App, openAITransport } from "../browser/support/app.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { stagedService } from "../browser/support/stage.js";

/** What a user does in the browser's own controls. */
async function grantMicrophone(): Promise<void> {
  const { targetInfo } = await cdp().send("Target.getTargetInfo");
  const { browserContextId } = targetInfo;
  const where = browserContextId === undefined ? {} : { browserContextId };
  await cdp().send("Browser.grantPermissions", { permissions: ["audioCapture"], ...where });
  onTestFinished(async () => {
    await cdp().send("Browser.resetPermissions", where);
  });
}

const errorsOf = (app: App): object[] =>
  app.all(RTVIEvent.DeviceError).map(({ data }) => {
    expect(data).toBeInstanceOf(DeviceError);
    const { devices, type } = data as DeviceError;
    return { devices, type };
  });

describe("a session whose microphone is refused", { timeout: 60_000 }, () => {
  it("answers text and is heard as soon as the user clicks; the microphone works once it is granted", async () => {
    const holdings = new HoldingsWatch();
    const service = await stagedService();
    const transport = openAITransport(service.wsUrl, { session_config: { turn_detection: null } });
    const app = new App({ transport });
    await app.client.initDevices();
    expect(app.states).toEqual(["initializing", "initialized"]);
    const refused = { devices: ["mic"], type: "permissions" };
    const blocked = { devices: ["speaker"], type: "permissions" };
    expect(errorsOf(app)).toEqual([refused]);
    expect(app.client.mediaState.mic).toEqual({ state: "error", reason: "blocked" });

    await app.client.connect();
    expect(app.client.state).toBe("ready");
    await app.answered("Can you hear me?");
    await app.until("news of the blocked speaker", () => errorsOf(app).length > 1);
    expect(errorsOf(app)).toEqual([refused, blocked]);
    expect(app.count(RTVIEvent.BotStartedSpeaking)).toBe(0);

    const button = document.createElement("button");
    button.textContent = "Let me hear the bot";
    button.addEventListener("click", () => transport.resumeAudio());
    document.body.append(button);
    await userEvent.click(button);
    await app.until("the bot's voice", () =>
      app.all(RTVIEvent.RemoteAudioLevel).some(({ data }) => Number(data) > 0.01),
    );
    await app.until("its end", () => app.count(RTVIEvent.BotStoppedSpeaking) === 1);

    await grantMicrophone();
    app.client.enableMic(true);
    await app.until("the microphone", async () => (await service.session()).receivedMs > 0);
    expect(app.client.isMicEnabled).toBe(true);
    expect(app.errors).toEqual([]);
    await app.client.disconnect();
    await holdings.nothingLeft();
  });
});
