// A list: the records of a resource in order, all of them or one owner's.
import { type Document, type Reading, tableOf } from "./model";

/** No position lies behind it: positions begin with a digit. */
const BEHIND_ALL = "~";

export class List {
  constructor(
    readonly generation: string,
    readonly resource: string,
    readonly owner: string | null,
  ) {}

  /** The list's name in the books; nothing but an owner can hold a second slash. */
  get name(): string {
    const whole = `${this.generation}/${this.resource}`;
    return this.owner === null ? whole : `${whole}/${this.owner}`;
  }

  /** The records behind `after`, in order, up to and with `end`. */
  behind(ctx: Reading, after: string, end: string = BEHIND_ALL): AsyncIterable<Document> {
    const { generation, owner } = this;
    const table = ctx.db.query(tableOf(this.resource));
    return owner === null
      ? table.withIndex("by_position", (q) =>
          q.eq("generation", generation).gt("position", after).lte("position", end),
        )
      : table.withIndex("by_owner", (q) =>
          q.eq("generation", generation).eq("owner", owner).gt("position", after).lte("position", end),
        );
  }
}

/** The lists that a record is in. */
export function listsOf(generation: string, resource: string, owner: string): List[] {
  const whole = new List(generation, resource, null);
  return owner === "" ? [whole] : [whole, new List(generation, resource, owner)];
}
