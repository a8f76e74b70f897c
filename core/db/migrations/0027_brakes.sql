CREATE TABLE "observatory"."brakes" (
	"name" text PRIMARY KEY NOT NULL,
	"former" jsonb NOT NULL,
	"closed" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
ALTER TABLE "observatory"."control" ALTER COLUMN "pending" SET DEFAULT '{"sessions":[],"workflow":[],"brakes":[],"gateOnly":[]}'::jsonb;
--> statement-breakpoint
UPDATE "observatory"."control" SET "pending" = '{"brakes":[],"gateOnly":[]}'::jsonb || "pending";
