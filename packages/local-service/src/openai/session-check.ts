import {
  between,
  flag,
  listOf,
  nullable,
  object,
  oneOf,
  record,
  stringOrElse,
  text,
  variant,
  type Check,
} from "./check.js";
import { invalidValue } from "./protocol-error.js";

const anything: Check = () => undefined;

const format = variant({
  "audio/pcm": record({ type: text, rate: between(24_000, 24_000, true) }),
  "audio/pcmu": record({ type: text }),
  "audio/pcma": record({ type: text }),
});

const turnDetection = variant({
  server_vad: record({
    type: text,
    threshold: between(0, 1),
    prefix_padding_ms: between(0, 10_000, true),
    silence_duration_ms: between(0, 10_000, true),
    idle_timeout_ms: nullable(between(1, 600_000, true)),
    create_response: flag,
    interrupt_response: flag,
  }),
  semantic_vad: record({
    type: text,
    eagerness: oneOf("low", "medium", "high", "auto"),
    create_response: flag,
    interrupt_response: flag,
    model_version: text,
  }),
});

const input = record({
  format,
  noise_reduction: nullable(record({ type: oneOf("near_field", "far_field"), strength: anything })),
  transcription: nullable(
    record({
      model: text,
      language: text,
      prompt: text,
      languages: listOf(text),
      keywords: listOf(text),
      delay: text,
      include_logprobs: flag,
    }),
  ),
  turn_detection: nullable(turnDetection),
});

const voice = stringOrElse(text, record({ id: text }, ["id"]));
const outputForResponse = record({ format, voice });
const output = record({ format, voice, speed: between(0.25, 1.5) });

const tool = variant({
  function: record({ type: text, name: text, description: text, parameters: object, strict: nullable(flag) }, ["name"]),
  mcp: object,
});

const toolChoice = stringOrElse(
  oneOf("none", "auto", "required"),
  variant({ function: record({ type: text, name: text }, ["name"]), mcp: object }),
);

const modalities: Check = (value, path) => {
  listOf(oneOf("text", "audio"))(value, path);
  if (!Array.isArray(value) || value.length === 1) return;
  throw invalidValue(
    path,
    `Invalid modalities: ${JSON.stringify(value)}. Supported combinations are: ['text'] and ['audio'].`,
  );
};

const common = {
  instructions: text,
  output_modalities: modalities,
  tools: listOf(tool),
  tool_choice: toolChoice,
  max_output_tokens: stringOrElse(oneOf("inf"), between(1, 4096, true)),
  prompt: nullable(object),
  reasoning: nullable(object),
  parallel_tool_calls: nullable(flag),
};

/** `session` of `session.update` and of a client secret. */
export const sessionCheck: Check = record(
  {
    ...common,
    type: oneOf("realtime"),
    model: text,
    audio: record({ input, output }),
    truncation: stringOrElse(oneOf("auto", "disabled"), object),
    tracing: nullable(stringOrElse(oneOf("auto"), object)),
    include: nullable(listOf(text)),
  },
  ["type"],
);

/** `response` of `response.create`. */
export const responseCheck: Check = record({
  ...common,
  conversation: oneOf("auto", "none"),
  input: listOf(object),
  audio: record({ output: outputForResponse }),
  metadata: nullable(object),
});
