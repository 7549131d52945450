import type { ConfigOption, RTVIClientConfigOption } from "./responder/protocol.js";

/** The entry of a service in a configuration. */
export function serviceOptions(
  config: readonly RTVIClientConfigOption[],
  service: string,
): RTVIClientConfigOption | undefined {
  return config.find((entry) => entry.service === service);
}

/** The value of an option in a configuration. */
export function optionValue(config: readonly RTVIClientConfigOption[], service: string, option: string): unknown {
  return serviceOptions(config, service)?.options.find(({ name }) => name === option)?.value;
}

/**
 * A configuration with options set, or added, in a service that it has; a service that it has not is not added, as in
 * client-js 0.3. The configuration given is not changed.
 */
export function withOptions(
  config: readonly RTVIClientConfigOption[],
  service: string,
  options: readonly ConfigOption[],
): RTVIClientConfigOption[] {
  return config.map((entry) => {
    const copy = { service: entry.service, options: structuredClone(entry.options) };
    if (entry.service !== service) return copy;
    for (const { name, value } of options) {
      const known = copy.options.find((option) => option.name === name);
      if (known === undefined) copy.options.push({ name, value });
      else known.value = value;
    }
    return copy;
  });
}
