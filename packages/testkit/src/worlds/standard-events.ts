import { RTVIEvent } from "@pipecat-ai/client-js";

/** RTVI's eighteen standard events, and the event of client-js that carries each. */
export const STANDARD: Readonly<Record<string, RTVIEvent>> = {
  "transport-state-changed": RTVIEvent.TransportStateChanged,
  connected: RTVIEvent.Connected,
  disconnected: RTVIEvent.Disconnected,
  "client-ready": RTVIEvent.TransportStateChanged,
  "bot-ready": RTVIEvent.BotReady,
  config: RTVIEvent.BotReady,
  "bot-disconnected": RTVIEvent.BotDisconnected,
  "generic-message": RTVIEvent.ServerMessage,
  error: RTVIEvent.Error,
  "track-started": RTVIEvent.TrackStarted,
  "track-stopped": RTVIEvent.TrackStopped,
  metrics: RTVIEvent.Metrics,
  "user-started-speaking": RTVIEvent.UserStartedSpeaking,
  "user-stopped-speaking": RTVIEvent.UserStoppedSpeaking,
  "bot-started-speaking": RTVIEvent.BotStartedSpeaking,
  "bot-stopped-speaking": RTVIEvent.BotStoppedSpeaking,
  "user-transcription": RTVIEvent.UserTranscript,
  "bot-transcription": RTVIEvent.BotTranscript,
};
