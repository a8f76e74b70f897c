import type { Part } from "../parts/part.ts"
import type { AlertsReport } from "./compile-alerts.ts"
import { configurationPart } from "./configuration.ts"
import { demoPostgresPart, grafanaReader, migrationsPart, postgresPart } from "./database.ts"
import { grafanaPart } from "./grafana.ts"
import { packagesPart } from "./packages.ts"
import { pastPart } from "./past.ts"
import type { Plan } from "./plan.ts"
import { demoPart, exportersPart, webhookPart } from "./programs.ts"
import { alertmanagerPart, prometheusPart } from "./servers.ts"

/** All parts of a local run, in the order of the screen. */
export function partsOf(plan: Plan, alerts: AlertsReport): Part[] {
	const reader = grafanaReader(plan)
	const ownPostgres = plan.settings.DATABASE_URL === undefined
	return [
		...(plan.install ? [packagesPart(plan)] : []),
		configurationPart(plan, alerts),
		...(ownPostgres ? [postgresPart(plan)] : []),
		migrationsPart(plan, [ownPostgres ? "postgres" : "configuration"]),
		exportersPart(plan),
		webhookPart(plan, reader),
		pastPart(plan),
		prometheusPart(plan),
		alertmanagerPart(plan),
		grafanaPart(plan, reader),
		...(plan.demo ? [demoPostgresPart(plan), demoPart(plan)] : []),
	]
}
