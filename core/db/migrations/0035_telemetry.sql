-- The exporters create the partitions and drop them (exporters/sources/otlp/store).
CREATE TABLE "observatory"."log_records" (
	"recorded_at" timestamp with time zone NOT NULL,
	"id" uuid NOT NULL,
	"trace_id" "bytea",
	"span_id" "bytea",
	"severity" smallint NOT NULL,
	"failed" boolean NOT NULL,
	"event" text NOT NULL,
	"body" text,
	"service" text,
	"session" text,
	"tool" text,
	"server" text,
	"model" text,
	"attributes" jsonb NOT NULL,
	CONSTRAINT "log_records_id_recorded_at_pk" PRIMARY KEY("id","recorded_at")
) PARTITION BY RANGE ("recorded_at");
--> statement-breakpoint
CREATE TABLE "observatory"."spans" (
	"started_at" timestamp with time zone NOT NULL,
	"trace_id" "bytea" NOT NULL,
	"span_id" "bytea" NOT NULL,
	"parent_span_id" "bytea",
	"name" text NOT NULL,
	"kind" smallint NOT NULL,
	"duration" double precision,
	"failed" boolean NOT NULL,
	"error" text,
	"service" text,
	"session" text,
	"tool" text,
	"server" text,
	"model" text,
	"attributes" jsonb NOT NULL,
	CONSTRAINT "spans_trace_id_span_id_started_at_pk" PRIMARY KEY("trace_id","span_id","started_at")
) PARTITION BY RANGE ("started_at");
--> statement-breakpoint
CREATE INDEX "log_records_recorded" ON "observatory"."log_records" USING btree ("recorded_at");--> statement-breakpoint
CREATE INDEX "log_records_failed" ON "observatory"."log_records" USING btree ("recorded_at") WHERE failed;--> statement-breakpoint
CREATE INDEX "log_records_trace" ON "observatory"."log_records" USING btree ("trace_id") WHERE trace_id is not null;--> statement-breakpoint
CREATE INDEX "log_records_session" ON "observatory"."log_records" USING btree ("session","recorded_at") WHERE session is not null;--> statement-breakpoint
CREATE INDEX "spans_started" ON "observatory"."spans" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "spans_duration" ON "observatory"."spans" USING btree ("duration");--> statement-breakpoint
CREATE INDEX "spans_failed" ON "observatory"."spans" USING btree ("started_at") WHERE failed;--> statement-breakpoint
CREATE INDEX "spans_session" ON "observatory"."spans" USING btree ("session","started_at") WHERE session is not null;--> statement-breakpoint
CREATE INDEX "spans_tool" ON "observatory"."spans" USING btree ("tool","started_at") WHERE tool is not null;--> statement-breakpoint
CREATE INDEX "spans_server" ON "observatory"."spans" USING btree ("server","started_at") WHERE server is not null;
