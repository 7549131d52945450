/** Every active state of a state value, outermost first: `{ session: "ready" }` gives `session` and `session.ready`. */
export function statePaths(value: unknown, prefix = ""): string[] {
  if (typeof value === "string") return [prefix + value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [prefix + key, ...statePaths(inner, `${prefix}${key}.`)]);
}
