// Indexes for convex-test's database, which looks at every document of every table for each query: with
// them a few thousand records are a matter of seconds. They only narrow down what it looks at; what belongs
// to a query, and in which order, it still decides itself.

/** What a document has at a path. */
const at = (document, path) => path.split(".").reduce((part, name) => part?.[name], document);

/** What an index knows: the committed documents by the values that a query's range holds equal. */
class Index {
  constructor(fields) {
    this.fields = fields;
    this.ids = new Map();
  }

  key(document) {
    return JSON.stringify(this.fields.map((field) => at(document, field)));
  }

  add(document) {
    const key = this.key(document);
    if (!this.ids.has(key)) this.ids.set(key, new Set());
    this.ids.get(key).add(document._id);
  }

  remove(document) {
    const key = this.key(document);
    this.ids.get(key).delete(document._id);
    if (this.ids.get(key).size === 0) this.ids.delete(key);
  }
}

/** Whether a document may lie within a bound: of what the functions keep themselves, in numbers or in ASCII. */
function within(document, { type, fieldPath, value }) {
  const own = document[fieldPath];
  if (own === undefined || value === null) return true;
  return type.startsWith("G") ? own >= value : own <= value;
}

/** What a field holds that is sought for; Convex's client writes one that is missing as an object. */
const given = (value) =>
  value !== null && typeof value === "object" && "$undefined" in value ? undefined : value;

const tableOf = (id) => id.replace(/^[0-9]+/, "");

/** Give every database of convex-test's class such indexes. */
export function speedUp(DatabaseFake) {
  const { commit, _resolveQuerySource } = DatabaseFake.prototype;

  function indexOf(database, table, fields) {
    const name = JSON.stringify([table, ...fields]);
    database.indexes ??= new Map();
    if (!database.indexes.has(name)) {
      const index = new Index(fields);
      for (const document of Object.values(database._documents)) {
        if (tableOf(document._id) === table) index.add(document);
      }
      database.indexes.set(name, index);
    }
    return database.indexes.get(name);
  }

  DatabaseFake.prototype._resolveQuerySource = function (query) {
    this.source = query.source;
    return _resolveQuerySource.call(this, query);
  };

  DatabaseFake.prototype._iterateDocs = function (table, callback) {
    const range = this.source.range ?? [];
    const equal = range.filter((filter) => filter.type === "Eq");
    const bounds = range.filter((filter) => filter.type !== "Eq");
    const index = indexOf(
      this,
      table,
      equal.map(({ fieldPath }) => fieldPath),
    );
    const sought = JSON.stringify(equal.map(({ value }) => given(value)));
    const ids = new Set();
    for (const id of index.ids.get(sought) ?? []) {
      if (bounds.every((bound) => within(this._documents[id], bound))) ids.add(id);
    }
    for (const writes of this._writes) {
      for (const id of Object.keys(writes)) if (tableOf(id) === table) ids.add(id);
    }
    for (const id of ids) {
      const document = this.get(table, id);
      if (document !== null) callback(document);
    }
  };

  DatabaseFake.prototype.commit = function (timestamp) {
    const outermost = this._writes.length === 1;
    const ids = outermost ? Object.keys(this._writes[0]) : [];
    const before = ids.map((id) => this._documents[id]);
    commit.call(this, timestamp);
    for (const [place, id] of ids.entries()) {
      for (const [name, index] of this.indexes ?? []) {
        if (JSON.parse(name)[0] !== tableOf(id)) continue;
        if (before[place] !== undefined) index.remove(before[place]);
        if (this._documents[id] !== undefined) index.add(this._documents[id]);
      }
    }
  };
}
