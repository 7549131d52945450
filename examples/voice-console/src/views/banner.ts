import type { Failure } from "../failure.js";
import { byId } from "../dom.js";

/** One line across the page that says what went wrong and what to do, until it is dismissed or the next session starts. */
export class Banner {
  readonly #box = byId("banner", HTMLElement);
  readonly #text = byId("banner-text", HTMLElement);
  readonly #advice = byId("banner-advice", HTMLElement);

  constructor() {
    byId("banner-close", HTMLButtonElement).addEventListener("click", () => {
      this.hide();
    });
  }

  show({ what, advice }: Failure): void {
    this.#text.textContent = what;
    this.#advice.textContent = advice;
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}
