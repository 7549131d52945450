import { dropOldest } from "../../../util/bounded-set.js";
import type { JsonRecord } from "../../../util/records.js";
import type { OpenAISink } from "../effects.js";
import { createItem } from "../items.js";

/** Items remembered; older ones can no longer be deleted. */
const MOST_KNOWN = 2_048;

/** The items of the service's conversation, by id, so that it can be emptied. */
export class ItemRegister {
  readonly #known = new Set<string>();
  #created: number;

  /** @param before The register of the connection before: no id of ours is used twice in a session. */
  constructor(
    private readonly sink: OpenAISink,
    before?: ItemRegister,
  ) {
    this.#created = before === undefined ? 0 : before.#created;
  }

  /** Creates an item, under an id of ours: it can be deleted before the service has said that it is there. Returns the id. */
  create(item: JsonRecord): string {
    this.#created += 1;
    const id = `rtvi_item_${this.#created}`;
    this.added(id);
    this.sink.send(createItem({ id, ...item }));
    return id;
  }

  /** Whether an item is known, or was created here. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** The service has an item. */
  added(id: string): void {
    this.#known.add(id);
    dropOldest(this.#known, MOST_KNOWN);
  }

  /** The service has an item no longer. */
  deleted(id: string): void {
    this.#known.delete(id);
  }

  /** Has the service forget every item. */
  deleteAll(): void {
    for (const item_id of this.#known) this.sink.sendFor("delete", { type: "conversation.item.delete", item_id });
    this.#known.clear();
  }
}
