-- A database of items and tags as Estuary made it before records had owners.
PRAGMA application_id = 1163088981;
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
BEGIN TRANSACTION;
CREATE TABLE _estuary_totals (
	resource TEXT NOT NULL,
	total INTEGER NOT NULL,
	PRIMARY KEY (resource)
)
 STRICT

;
INSERT INTO "_estuary_totals" VALUES('items',3);
INSERT INTO "_estuary_totals" VALUES('tags',1);
CREATE TABLE items (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	name TEXT NOT NULL,
	description TEXT,
	PRIMARY KEY (id),
	CONSTRAINT ck_items_name CHECK (length("name") >= 1 AND length("name") <= 255),
	CONSTRAINT ck_items_description CHECK (length("description") <= 1000)
)
 STRICT

;
INSERT INTO "items" VALUES('00000000-0000-0000-0000-000000000000',1,1767355200000007,1767441600000007,'item 0','told');
INSERT INTO "items" VALUES('00000000-0000-0000-0000-000000000001',2,1767355201000007,1767441600000007,'item 1',NULL);
INSERT INTO "items" VALUES('00000000-0000-0000-0000-000000000002',3,1767355202000007,1767441600000007,'item 2',NULL);
CREATE TABLE tags (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	name TEXT NOT NULL,
	description TEXT,
	PRIMARY KEY (id),
	CONSTRAINT ck_tags_name CHECK (length("name") >= 1 AND length("name") <= 255),
	CONSTRAINT ck_tags_description CHECK (length("description") <= 1000)
)
 STRICT

;
INSERT INTO "tags" VALUES('00000000-0000-0000-0000-000000000002',3,1767355202000007,1767441600000007,'item 2',NULL);
CREATE UNIQUE INDEX _items_position ON items (created_at, id);
CREATE TRIGGER "_items_inserted" AFTER INSERT ON "items" BEGIN UPDATE _estuary_totals SET total = total + 1 WHERE resource = 'items'; END;
CREATE TRIGGER "_items_deleted" AFTER DELETE ON "items" BEGIN UPDATE _estuary_totals SET total = total + -1 WHERE resource = 'items'; END;
CREATE TRIGGER "_items_unique" BEFORE INSERT ON "items" WHEN NEW.id IN (SELECT id FROM "items") BEGIN SELECT RAISE(ABORT, 'a record with this id exists'); END;
CREATE TRIGGER "_items_fixed" BEFORE UPDATE OF id ON "items" WHEN NEW.id IS NOT OLD.id BEGIN SELECT RAISE(ABORT, 'the id of a record never changes'); END;
CREATE UNIQUE INDEX _tags_position ON tags (created_at, id);
CREATE TRIGGER "_tags_inserted" AFTER INSERT ON "tags" BEGIN UPDATE _estuary_totals SET total = total + 1 WHERE resource = 'tags'; END;
CREATE TRIGGER "_tags_deleted" AFTER DELETE ON "tags" BEGIN UPDATE _estuary_totals SET total = total + -1 WHERE resource = 'tags'; END;
CREATE TRIGGER "_tags_unique" BEFORE INSERT ON "tags" WHEN NEW.id IN (SELECT id FROM "tags") BEGIN SELECT RAISE(ABORT, 'a record with this id exists'); END;
CREATE TRIGGER "_tags_fixed" BEFORE UPDATE OF id ON "tags" WHEN NEW.id IS NOT OLD.id BEGIN SELECT RAISE(ABORT, 'the id of a record never changes'); END;
COMMIT;
