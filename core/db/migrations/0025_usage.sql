CREATE TABLE "observatory"."telemetry_usage" (
	"session" text NOT NULL,
	"slot" timestamp with time zone NOT NULL,
	"tokens" bigint NOT NULL,
	"cost_usd" double precision NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	CONSTRAINT "telemetry_usage_session_slot_pk" PRIMARY KEY("session","slot")
);
--> statement-breakpoint
CREATE INDEX "telemetry_usage_slot" ON "observatory"."telemetry_usage" USING btree ("slot");