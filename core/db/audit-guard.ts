/** A trigger of the audit log as PostgreSQL has it. */
export interface AuditTrigger {
	readonly name: string
	/** `A` is always, even for a session that replicates. */
	readonly enabled: string
	/** `pg_trigger.tgtype`. */
	readonly type: number
	/** Whether it is for some rows or columns only. */
	readonly partial: boolean
	/** The body of its function. */
	readonly source: string
}

/** Reads the triggers of the audit log as rows of `AuditTrigger`. */
export const AUDIT_TRIGGERS = `select t.tgname as name, t.tgenabled as enabled, t.tgtype::int as type, p.prosrc as source,
	(t.tgqual is not null or t.tgattr::text <> '') as partial
from pg_trigger t join pg_proc p on p.oid = t.tgfoid
	join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'observatory' and c.relname = 'audit_logs' and not t.tgisinternal`

const ROW = 1
const BEFORE = 2
const DELETE = 8
const UPDATE = 16
const TRUNCATE = 32
/** What migration 0005 creates. */
const EXPECTED = [
	{ name: "audit_logs_append_only", type: ROW + BEFORE + DELETE + UPDATE },
	{ name: "audit_logs_no_truncate", type: BEFORE + TRUNCATE },
]
const BODY = `BEGIN RAISE EXCEPTION 'the audit log is append-only: % is refused', lower(TG_OP) USING ERRCODE = 'insufficient_privilege'; END`

/** What lets entries of the audit log be changed or deleted: triggers that are missing, disabled or replaced. */
export const auditGuardFaults = (found: readonly AuditTrigger[]): string[] =>
	EXPECTED.flatMap(({ name, type }) => {
		const trigger = found.find((one) => one.name === name)
		if (!trigger) return [`the trigger ${name} of the audit log is missing`]
		if (trigger.enabled !== "A") return [`the trigger ${name} of the audit log is disabled`]
		const asMade = trigger.type === type && !trigger.partial && trigger.source.trim().replace(/\s+/g, " ") === BODY
		return asMade ? [] : [`the trigger ${name} of the audit log was replaced`]
	})

/** How to put them back, for a person. */
export const AUDIT_GUARD_ADVICE =
	"Find out who did that, run npm run audit -- verify with an end that you stored, and create the triggers as core/db/migrations/0005_audit_guard.sql does; then: alter table observatory.audit_logs enable always trigger NAME;"
