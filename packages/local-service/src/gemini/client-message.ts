import { bytes, flag, integer, message, number, oneOf, repeated, struct, text } from "./proto-json.js";
import { invalidArgument } from "./refusal.js";

const blob = message({ data: bytes, mimeType: text, displayName: text });

const part = message({
  text,
  thought: flag,
  thoughtSignature: text,
  inlineData: blob,
  fileData: struct,
  functionCall: message({ id: text, name: text, args: struct }),
  functionResponse: message({ id: text, name: text, response: struct, scheduling: text, willContinue: flag }),
  executableCode: struct,
  codeExecutionResult: struct,
  videoMetadata: struct,
});

const content = message({ role: text, parts: repeated(part) });

const generationConfig = message({
  responseModalities: repeated(oneOf("AUDIO", "TEXT", "IMAGE", "MODALITY_UNSPECIFIED")),
  speechConfig: struct,
  temperature: number,
  topP: number,
  topK: integer,
  candidateCount: integer,
  maxOutputTokens: integer,
  presencePenalty: number,
  frequencyPenalty: number,
  stopSequences: repeated(text),
  seed: integer,
  mediaResolution: text,
  thinkingConfig: struct,
  enableAffectiveDialog: flag,
  translationConfig: struct,
  responseMimeType: text,
  responseSchema: struct,
  responseJsonSchema: struct,
  responseLogprobs: flag,
  logprobs: integer,
});

const functionDeclaration = message({
  name: text,
  description: text,
  behavior: oneOf("UNSPECIFIED", "BLOCKING", "NON_BLOCKING"),
  parameters: struct,
  parametersJsonSchema: struct,
  response: struct,
  responseJsonSchema: struct,
});

const tool = message({
  functionDeclarations: repeated(functionDeclaration),
  googleSearch: struct,
  googleSearchRetrieval: struct,
  googleMaps: struct,
  codeExecution: struct,
  computerUse: struct,
  urlContext: struct,
  fileSearch: struct,
  mcpServers: repeated(struct),
});

const automaticActivityDetection = message({
  disabled: flag,
  startOfSpeechSensitivity: oneOf("START_SENSITIVITY_UNSPECIFIED", "START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW"),
  endOfSpeechSensitivity: oneOf("END_SENSITIVITY_UNSPECIFIED", "END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW"),
  prefixPaddingMs: integer,
  silenceDurationMs: integer,
});

const realtimeInputConfig = message({
  automaticActivityDetection,
  activityHandling: oneOf("ACTIVITY_HANDLING_UNSPECIFIED", "START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"),
  turnCoverage: oneOf(
    "TURN_COVERAGE_UNSPECIFIED",
    "TURN_INCLUDES_ONLY_ACTIVITY",
    "TURN_INCLUDES_ALL_INPUT",
    "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
  ),
});

/** Nothing here acts on it: its parts are kept as they came, so that a setup that was read can be read again. */
const instruction = message({ role: text, parts: repeated(struct) });

/** The fields of `setup`. */
export const setupReader = message({
  model: text,
  generationConfig,
  systemInstruction: instruction,
  tools: repeated(tool),
  realtimeInputConfig,
  sessionResumption: message({ handle: text, transparent: flag }),
  contextWindowCompression: message({ triggerTokens: integer, slidingWindow: message({ targetTokens: integer }) }),
  inputAudioTranscription: struct,
  outputAudioTranscription: struct,
  proactivity: message({ proactiveAudio: flag }),
  historyConfig: message({ initialHistoryInClientContent: flag }),
  avatarConfig: struct,
  safetySettings: repeated(struct),
  labels: struct,
});

const realtimeInput = message({
  audio: blob,
  video: blob,
  text,
  mediaChunks: repeated(blob),
  activityStart: struct,
  activityEnd: struct,
  audioStreamEnd: flag,
});

const functionResponse = message({
  id: text,
  name: text,
  response: struct,
  scheduling: oneOf("SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT"),
  willContinue: flag,
  parts: repeated(struct),
});

const envelope = message({
  setup: setupReader,
  clientContent: message({ turns: repeated(content), turnComplete: flag }),
  realtimeInput,
  toolResponse: message({ functionResponses: repeated(functionResponse) }),
  contextUpdate: message({ systemInstruction: instruction, tools: struct }),
});

export type SetupMessage = ReturnType<typeof setupReader>;
export type ContentMessage = ReturnType<typeof content>;
export type BlobMessage = ReturnType<typeof blob>;
export type RealtimeInputMessage = ReturnType<typeof realtimeInput>;
export type FunctionResponseMessage = ReturnType<typeof functionResponse>;
/** A message of the client; exactly one field is there. */
export type ClientMessage = ReturnType<typeof envelope>;

/**
 * Reads one message of the client.
 * @throws Refusal (1007) when it has an unknown or a wrong field, or not exactly one at the top.
 */
export function readClientMessage(value: unknown): ClientMessage {
  const read = envelope(value, "");
  const [first, second] = Object.keys(read);
  if (first === undefined) throw invalidArgument("Request contains an invalid argument: the message is empty.");
  if (second !== undefined) {
    throw invalidArgument(`Invalid value (oneof), '${first}' is already set. Cannot set '${second}'.`);
  }
  return read;
}
