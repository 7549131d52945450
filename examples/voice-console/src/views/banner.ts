import { byId } from "../dom.js";

/** One line across the page that says what went wrong, until it is dismissed or the next session starts. */
export class Banner {
  readonly #box = byId("banner", HTMLElement);
  readonly #text = byId("banner-text", HTMLElement);

  constructor() {
    byId("banner-close", HTMLButtonElement).addEventListener("click", () => {
      this.hide();
    });
  }

  show(text: string): void {
    this.#text.textContent = text;
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}

/** What a person should read of anything that was thrown or rejected. */
export function describe(problem: unknown): string {
  if (problem instanceof Response) return `The server answered ${String(problem.status)} ${problem.statusText}`.trim();
  if (problem instanceof Error) return problem.message;
  if (typeof problem === "object" && problem !== null && "error" in problem) return describe(problem.error);
  return String(problem);
}
