import { PipecatClient, type RTVIMessage, type Transport } from "@pipecat-ai/client-js";
import { describe, expectTypeOf, it } from "vitest";
import {
  LLMHelper,
  RTVIClientHelper,
  RTVIServices,
  type LLMContext,
  type RTVIActionResponse,
  type RTVIClientConfigOption,
} from "../../src/services/index.js";

declare const transport: Transport;
const services = new RTVIServices(new PipecatClient({ transport }), { timeout: 5_000, callbacks: {} });

describe("RTVIServices", () => {
  it("takes the calls of an app for client-js 0.3, unchanged", async () => {
    const response = await services.action({
      service: "tts",
      action: "say",
      arguments: [{ name: "text", value: "Say 'Hello world!'" }],
    });
    expectTypeOf(response).toEqualTypeOf<RTVIActionResponse>();
    expectTypeOf(response.data.result).toEqualTypeOf<unknown>();
    expectTypeOf(response).toExtend<RTVIMessage>();

    const config: RTVIClientConfigOption[] = await services.getConfig();
    const updated: RTVIMessage = await services.updateConfig(config, true);
    expectTypeOf(updated).toExtend<RTVIMessage>();
    expectTypeOf(await services.getServiceOptionsFromConfig("llm")).toEqualTypeOf<RTVIClientConfigOption | undefined>();
    expectTypeOf(await services.getServiceOptionValueFromConfig("llm", "model", config)).toEqualTypeOf<unknown>();
    await services.updateConfig(
      await services.setServiceOptionInConfig("llm", [{ name: "model", value: "m" }], config),
    );
    await services.setConfigOptions([{ service: "tts", options: [{ name: "voice", value: "marin" }] }]);
    const described: unknown = await services.describeConfig();
    expectTypeOf(described).toBeUnknown();
    expectTypeOf((await services.describeActions()).data.actions[0]!.action).toBeString();
  });

  it("takes 0.3's helpers", async () => {
    const helper = services.registerHelper(
      "llm",
      new LLMHelper({ callbacks: { onLLMJsonCompletion: () => undefined } }),
    );
    expectTypeOf(helper).toEqualTypeOf<LLMHelper>();
    helper.handleFunctionCall(async ({ functionName, arguments: args }) => Promise.resolve({ functionName, args }));
    expectTypeOf(await helper.getContext()).toEqualTypeOf<LLMContext>();
    await helper.setContext({ messages: [{ role: "system", content: "Be kind." }], tools: [] }, true);
    expectTypeOf(await helper.appendToMessages({ role: "user", content: "hi" })).toBeBoolean();
    await helper.run(true);
    expectTypeOf(services.getHelper<LLMHelper>("llm")).toEqualTypeOf<LLMHelper | undefined>();
    expectTypeOf(services.getHelper("llm", LLMHelper)).toEqualTypeOf<LLMHelper | undefined>();
    expectTypeOf(services.getHelper("llm")).toEqualTypeOf<RTVIClientHelper | undefined>();

    class Storage extends RTVIClientHelper {
      getMessageTypes(): string[] {
        return ["storage-item-stored"];
      }
      handleMessage(ev: RTVIMessage): void {
        if (this._client.state === "ready") void this._client.action({ service: this._service, action: ev.type });
      }
    }
    services.registerHelper("storage", new Storage({ callbacks: {} }));
  });

  it("refuses what 0.3 refused", () => {
    // @ts-expect-error an action needs a service
    void services.action({ action: "say" });
    // @ts-expect-error a configuration names services
    void services.updateConfig([{ name: "llm", options: [] }]);
  });
});
