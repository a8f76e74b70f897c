import { sql } from "drizzle-orm"
import { AUDIT_TRIGGERS, type AuditTrigger, auditGuardFaults } from "../../../core/db/audit-guard.ts"
import type { Context } from "../../context.ts"

/** What lets entries of the audit log be changed or deleted; empty while the database refuses that. */
export async function readGuardFaults({ db }: Pick<Context, "db">): Promise<string[]> {
	const { rows } = await db.execute<AuditTrigger & Record<string, unknown>>(sql.raw(AUDIT_TRIGGERS))
	return auditGuardFaults(rows)
}
