import { useState } from "react";
import { RTVIEvent } from "@pipecat-ai/client-js";
import {
  PipecatClientMicToggle,
  usePipecatClient,
  usePipecatClientTransportState,
  useRTVIClientEvent,
  VoiceVisualizer,
} from "@pipecat-ai/client-react";
import { Devices } from "./devices";
import { ReconnectBanner } from "./reconnect-banner";
import { Transcript } from "./transcript";

export function App() {
  const client = usePipecatClient();
  const state = usePipecatClientTransportState();
  const [problem, setProblem] = useState("");
  const isResting = state === "disconnected" || state === "initialized" || state === "error";

  const report = (error: unknown): void => setProblem(error instanceof Error ? error.message : String(error));
  useRTVIClientEvent(RTVIEvent.DeviceError, report);
  useRTVIClientEvent(RTVIEvent.Error, ({ data }) => {
    const { message, fatal } = data as { message: string; fatal: boolean };
    if (fatal) setProblem(message);
  });

  const toggle = (): void => {
    setProblem("");
    (isResting ? client?.connect() : client?.disconnect())?.catch(report);
  };

  return (
    <main>
      <header>
        <h1>Talk</h1>
        <output data-testid="state">{state}</output>
        <button onClick={toggle}>{isResting ? "Connect" : "Disconnect"}</button>
      </header>
      <ReconnectBanner />
      {problem !== "" && <p role="alert">{problem}</p>}
      <section className="voices">
        <figure>
          <VoiceVisualizer participantType="local" barColor="#0b7d6f" backgroundColor="transparent" />
          <figcaption>
            You{" "}
            {!isResting && (
              <PipecatClientMicToggle>
                {({ isMicEnabled, onClick }) => <button onClick={onClick}>{isMicEnabled ? "Mute" : "Unmute"}</button>}
              </PipecatClientMicToggle>
            )}
          </figcaption>
        </figure>
        <figure>
          <VoiceVisualizer participantType="bot" barColor="#7440c9" backgroundColor="transparent" />
          <figcaption>Bot</figcaption>
        </figure>
      </section>
      <Devices />
      <Transcript />
    </main>
  );
}
