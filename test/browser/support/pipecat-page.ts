import { PipecatClient, RTVIEvent, type Participant, type Transport } from "@pipecat-ai/client-js";
import type { OpenAIServiceOptions } from "@pipecat-ai/openai-realtime-webrtc-transport";

/** What a page imports: Pipecat's class, or another with its constructor. */
export type ImportedClass = new (options: OpenAIServiceOptions) => Transport;

/** Every page that is shown here, by how it plays the bot. */
export const PAGES: Readonly<Record<string, (client: PipecatClient) => void>> = {
  "one element, which each track is given to": (client) => {
    const botAudio = document.createElement("audio");
    botAudio.autoplay = true;
    document.body.append(botAudio);
    const setUp = (track: MediaStreamTrack): void => {
      const playing = botAudio.srcObject instanceof MediaStream ? botAudio.srcObject.getAudioTracks() : [];
      if (playing.some(({ id }) => id === track.id)) return;
      botAudio.srcObject = new MediaStream([track]);
    };
    client.on(RTVIEvent.TrackStarted, (track: MediaStreamTrack, participant?: Participant) => {
      if (participant?.local !== true && track.kind === "audio") setUp(track);
    });
    client.on(RTVIEvent.BotReady, () => {
      const { bot } = client.tracks();
      if (bot?.audio !== undefined) setUp(bot.audio);
    });
  },
  "an element for each track": (client) => {
    client.on(RTVIEvent.TrackStarted, (track: MediaStreamTrack, participant?: Participant) => {
      if (participant?.local === true || track.kind !== "audio") return;
      const element = document.createElement("audio");
      element.srcObject = new MediaStream([track]);
      document.body.append(element);
      void element.play();
    });
  },
};

/** A page as Pipecat's examples show one for their WebRTC class; the class comes from its import. */
export function openPage(page: string, OpenAIRealTimeWebRTCTransport: ImportedClass, api_key: string): PipecatClient {
  const client = new PipecatClient({
    transport: new OpenAIRealTimeWebRTCTransport({
      api_key,
      initial_messages: [{ role: "user", content: "Say hello." }],
      settings: { instructions: "Be brief.", voice: "echo", input_audio_transcription: { model: "whisper-1" } },
    }),
    enableMic: true,
    enableCam: false,
  });
  PAGES[page]?.(client);
  return client;
}
