CREATE TABLE "observatory"."sign_in_links" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"actor" text NOT NULL,
	"role" text NOT NULL,
	"token_id" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	CONSTRAINT "sign_in_links_role" CHECK ("observatory"."sign_in_links"."role" in ('viewer', 'responder', 'admin'))
);
--> statement-breakpoint
ALTER TABLE "observatory"."sign_in_links" ADD CONSTRAINT "sign_in_links_token_id_access_tokens_id_fk" FOREIGN KEY ("token_id") REFERENCES "observatory"."access_tokens"("id") ON DELETE no action ON UPDATE no action;