import { PipecatClient } from "@pipecat-ai/client-js";
import { EchoTransport } from "./echo-provider";

function byId<E extends Element>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no #${id}`);
  return element;
}

const state = byId("state", HTMLOutputElement);
const said = byId("said", HTMLElement);
const report = (problem: unknown): void => {
  said.textContent = problem instanceof Error ? problem.message : String(problem);
};

const url = new URLSearchParams(location.search).get("service") ?? "ws://127.0.0.1:8766";
const client = new PipecatClient({
  transport: new EchoTransport({ url, token: () => Promise.resolve("a-token-of-your-server") }),
  callbacks: {
    onTransportStateChanged: (next) => (state.value = next),
    onBotLlmText: ({ text }) => (said.textContent = text),
    onBotStartedSpeaking: () => (said.dataset.voice = "speaking"),
    onBotStoppedSpeaking: () => (said.dataset.voice = "silent"),
    onError: ({ data }) => report(data),
  },
});

byId("connect", HTMLButtonElement).addEventListener("click", () => {
  client.connect().catch(report);
});
byId("composer", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  client.sendText(byId("text", HTMLInputElement).value).catch(report);
});
