export {
  type ActionDescription,
  type ActionResponseData,
  type ActionsAvailableData,
  type ConfigAvailableData,
  type ConfigData,
  type ConfigOption,
  type RTVIActionRequestData,
  type RTVIClientConfigOption,
  type ServiceDescription,
  type ValueDescription,
  type ValueType,
} from "./responder/protocol.js";
export { RequestRejectedError, RequestTimeoutError } from "../errors.js";
export type {
  RTVIActionResponse,
  RTVIActionsAvailableResponse,
  RTVIConfigAvailableResponse,
  RTVIConfigResponse,
  ServiceReply,
} from "./answers.js";
export { RTVIClientHelper, type HelperClient, type RTVIClientHelperOptions } from "./helper.js";
export type { RTVIServicesCallbacks } from "./message-router.js";
export {
  LLMHelper,
  type FunctionCallCallback,
  type FunctionCallParams,
  type LLMContext,
  type LLMContextMessage,
  type LLMFunctionCallData,
  type LLMHelperCallbacks,
  type LLMHelperOptions,
} from "./llm-helper.js";
export { RTVIServices, type RTVIServicesOptions } from "./rtvi-services.js";
