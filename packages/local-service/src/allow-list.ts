/** The environment variable that holds the allow list of a program. */
export const ALLOW_ORIGINS = "RTVI_MACHINE_ALLOW_ORIGINS";

/** The origins in `RTVI_MACHINE_ALLOW_ORIGINS`, which stand between commas or spaces. They are not checked yet. */
export function allowedOrigins(environment: Readonly<Record<string, string | undefined>>): string[] {
  return (environment[ALLOW_ORIGINS] ?? "").split(/[\s,]+/).filter((origin) => origin !== "");
}
