INSERT INTO "observatory"."automation" ("only") VALUES (true);--> statement-breakpoint
INSERT INTO "observatory"."control" ("only", "state", "revision", "reason", "changed_by") VALUES (true, 'run', 0, 'set up', 'observatory');
