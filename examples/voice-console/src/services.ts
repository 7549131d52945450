import type { Transport } from "@pipecat-ai/client-js";
import { GeminiLiveWebsocketTransport } from "rtvi-machine/gemini";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
  type OpenAIFunctionTool,
  type OpenAIServiceOptions,
} from "rtvi-machine/openai";
import type { SessionInspector } from "rtvi-machine/inspect";
import { WebSocketTransport } from "rtvi-machine/pipecat";
import type { NetworkParts } from "./cuttable-network.js";
import { ThriveTransport } from "./thrive/thrive-transport.js";

/** A voice service that the page's server offers; the server keeps the credential. */
export interface OfferedService {
  readonly id: keyof typeof TRANSPORTS;
  readonly label: string;
  /** Where the transport connects to, e.g. `wss://api.openai.com/v1`; of a Pipecat bot, where it is started. */
  readonly base_url: string;
  /** Empty where it is the bot's own. */
  readonly model: string;
}

/** What is chosen before a session. */
export interface SessionChoices {
  /** Looks at it. */
  readonly inspect: SessionInspector;
  /** Echo cancellation, noise suppression and gain control by the browser. */
  readonly processing: boolean;
  /** What the connections are made of. */
  readonly network: NetworkParts;
}

const INSTRUCTIONS = "You are a friendly voice assistant. Answer in one or two short sentences.";

/** A tool that the page answers; type its name to the local service to see it called. */
const CURRENT_TIME = {
  type: "function",
  name: "current_time",
  description: "The time of day where the user is.",
  parameters: { type: "object", properties: {} },
} satisfies OpenAIFunctionTool;

function openAIOptions(service: OfferedService): OpenAIServiceOptions {
  return {
    api_key: "",
    base_url: service.base_url,
    model: service.model,
    session_config: {
      instructions: INSTRUCTIONS,
      input_audio_transcription: { model: "gpt-4o-mini-transcribe" },
      tools: [CURRENT_TIME],
    },
  };
}

/** A function as Gemini has it. */
const declared = ({ name, description }: typeof CURRENT_TIME) => ({ functionDeclarations: [{ name, description }] });

const optionsOf = ({ processing, inspect, network }: SessionChoices) => ({
  inspect,
  ...network,
  audio: { echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing },
});

/** One constructor per service the page can talk to. */
const TRANSPORTS = {
  "openai-websocket": (service, choices) =>
    new OpenAIRealTimeWebSocketTransport(openAIOptions(service), undefined, optionsOf(choices)),
  "openai-webrtc": (service, choices) =>
    new OpenAIRealTimeWebRTCTransport(openAIOptions(service), undefined, { ...optionsOf(choices), playBotTrack: true }),
  thrive: (service, choices) =>
    new ThriveTransport(
      { instructions: INSTRUCTIONS, base_url: service.base_url, model: service.model, tools: [CURRENT_TIME] },
      optionsOf(choices),
    ),
  gemini: ({ base_url, model }, choices) =>
    new GeminiLiveWebsocketTransport(
      { base_url, model, settings: { system_instruction: INSTRUCTIONS, tools: [declared(CURRENT_TIME)] } },
      undefined,
      optionsOf(choices),
    ),
  // Its server has the instructions, the model and the tools.
  pipecat: (_service, choices) => new WebSocketTransport({}, undefined, optionsOf(choices)),
} satisfies Record<string, (service: OfferedService, choices: SessionChoices) => ChartedTransport>;

/** A transport whose chart can be watched. */
export type ChartedTransport = Transport & Pick<OpenAIRealTimeWebSocketTransport, "actor">;

/** The transport of a service. */
export function createTransport(service: OfferedService, choices: SessionChoices): ChartedTransport {
  return TRANSPORTS[service.id](service, choices);
}

/** The services that the page's server offers. */
export async function fetchServices(): Promise<OfferedService[]> {
  const response = await fetch("/api/services");
  if (!response.ok) throw new Error(`The server does not list its services (HTTP ${String(response.status)})`);
  const listed: unknown = await response.json();
  if (!Array.isArray(listed)) throw new Error("The server's list of services is not a list");
  return listed.filter(isOfferedService);
}

function isOfferedService(value: unknown): value is OfferedService {
  return typeof value === "object" && value !== null && "id" in value && String(value.id) in TRANSPORTS;
}
