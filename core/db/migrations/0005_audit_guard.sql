-- Rows of the audit log are never changed and never removed, whoever asks.
CREATE FUNCTION "observatory"."refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the audit log is append-only: % is refused', lower(TG_OP) USING ERRCODE = 'insufficient_privilege';
END
$$;--> statement-breakpoint
CREATE TRIGGER "audit_logs_append_only" BEFORE UPDATE OR DELETE ON "observatory"."audit_logs"
	FOR EACH ROW EXECUTE FUNCTION "observatory"."refuse_audit_change"();--> statement-breakpoint
CREATE TRIGGER "audit_logs_no_truncate" BEFORE TRUNCATE ON "observatory"."audit_logs"
	FOR EACH STATEMENT EXECUTE FUNCTION "observatory"."refuse_audit_change"();--> statement-breakpoint
ALTER TABLE "observatory"."audit_logs" ENABLE ALWAYS TRIGGER "audit_logs_append_only";--> statement-breakpoint
ALTER TABLE "observatory"."audit_logs" ENABLE ALWAYS TRIGGER "audit_logs_no_truncate";--> statement-breakpoint
INSERT INTO "observatory"."audit_head" ("only", "seq", "hash") VALUES (true, 0, repeat('0', 64));
