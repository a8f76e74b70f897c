CREATE TABLE "observatory"."console_sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"actor" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "console_sessions_role" CHECK ("observatory"."console_sessions"."role" in ('viewer', 'responder', 'admin'))
);
