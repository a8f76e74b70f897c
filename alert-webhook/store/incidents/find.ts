import { desc, eq } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"

/** The newest incident of an alert, by Alertmanager's fingerprint of it. @throws ObservatoryError `not_found` */
export async function newestOf({ db }: Pick<Context, "db">, fingerprint: string): Promise<number> {
	const [incident] = await db
		.select({ id: incidents.id })
		.from(incidents)
		.where(eq(incidents.fingerprint, fingerprint))
		.orderBy(desc(incidents.startsAt))
		.limit(1)
	if (incident) return incident.id
	throw new ObservatoryError("not_found", "No incident of this alert is known here.", {
		advice: "A notification may be a moment ahead of the console: try again.",
	})
}
