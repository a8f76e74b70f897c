import type { Part } from "../parts/part.ts"
import { configurationPart } from "./configuration.ts"
import { migrationsPart, postgresPart } from "./database.ts"
import { packagesPart } from "./packages.ts"
import type { Plan } from "./plan.ts"
import { exportersPart, webhookPart } from "./programs.ts"
import { alertmanagerPart, prometheusPart } from "./servers.ts"

/** Everything that a local run consists of, in the order in which the screen shows it. */
export function partsOf(plan: Plan, accountPassword: string): Part[] {
	const ownPostgres = plan.settings.DATABASE_URL === undefined
	return [
		...(plan.install ? [packagesPart(plan)] : []),
		...(ownPostgres ? [postgresPart(plan, accountPassword)] : []),
		migrationsPart(plan, ownPostgres ? ["postgres"] : []),
		configurationPart(plan),
		exportersPart(plan, {}, []),
		webhookPart(plan),
		prometheusPart(plan),
		alertmanagerPart(plan),
	]
}
