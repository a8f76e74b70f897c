CREATE TABLE "observatory"."heartbeats" (
	"alertname" text PRIMARY KEY NOT NULL,
	"received_at" timestamp with time zone NOT NULL
);
