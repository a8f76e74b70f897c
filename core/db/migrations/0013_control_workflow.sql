ALTER TABLE "observatory"."control" ADD COLUMN "workflow_revision" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "observatory"."control" ADD COLUMN "workflow_held" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "observatory"."control" SET "workflow_revision" = "revision", "workflow_held" = ("state" = 'stop');
