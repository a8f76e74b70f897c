CREATE TABLE "observatory"."gate_answers" (
	"kind" text NOT NULL,
	"id" text NOT NULL,
	"host" text NOT NULL,
	"answered_at" timestamp with time zone,
	"seen_at" timestamp with time zone NOT NULL,
	"problem" text,
	CONSTRAINT "gate_answers_kind_id_pk" PRIMARY KEY("kind","id")
);
