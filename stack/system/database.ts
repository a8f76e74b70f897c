import { readFileSync } from "node:fs"
import { join } from "node:path"
import { migrate } from "../../core/db/migrate.ts"
import type { Service, Step } from "../parts/part.ts"
import { clusterUrl, ensureAccount, ensureReader, probePostgres, readerUrl } from "../postgres/account.ts"
import { findPostgres, openToOthers } from "../postgres/binaries.ts"
import { prepareCluster } from "../postgres/cluster.ts"
import { decideRunAs, effectiveCapabilities, firstBlocked, nobodyIds } from "../postgres/run-as.ts"
import type { RunAs } from "../process/children.ts"
import { ensureSecret } from "../secrets.ts"
import { authority } from "../settings.ts"
import type { PrepareReader } from "./grafana.ts"
import type { Plan } from "./plan.ts"

/** PostgreSQL from npm, with its data in `.observatory/postgres`. */
export function postgresPart(plan: Plan, accountPassword: string): Service {
	const address = plan.settings.POSTGRES_LISTEN
	const superuser = ensureSecret(plan.home.secrets, SUPERUSER_SECRET)
	const superuserUrl = clusterUrl(address, "postgres", superuser.value, "postgres")
	return {
		kind: "service",
		name: "postgres",
		title: "PostgreSQL",
		address: authority(address),
		// Faulty alerts are told before anything has been started.
		needs: ["configuration"],
		essential: true,
		async prepare(report) {
			const binaries = findPostgres()
			const { setpriv, searchPath } = plan.machine
			const user = plan.machine.isRoot ? runAs(plan, binaries.folder) : undefined
			if (user) openToOthers(binaries)
			const folder = plan.home.postgres
			return prepareCluster({ binaries, folder, address, superuser, user, setpriv, searchPath }, report)
		},
		probe: () => probePostgres(superuserUrl),
		afterReady: () => ensureAccount(superuserUrl, accountPassword),
		readyWithinMs: 60_000,
		// Fast shutdown: sessions are ended, everything is written, no recovery at the next start.
		stopSignal: "SIGINT",
		stopWithinMs: 15_000,
	}
}

/** What Grafana reads with: a role of its own in our own server, and whatever role was given for somebody else's. */
export function grafanaReader(plan: Plan): PrepareReader {
	if (plan.settings.DATABASE_URL !== undefined) return Object.assign(async () => undefined, { url: plan.databaseUrl })
	const address = plan.settings.POSTGRES_LISTEN
	const password = ensureSecret(plan.home.secrets, "postgres_grafana_password").value
	const superuser = ensureSecret(plan.home.secrets, SUPERUSER_SECRET).value
	const prepare = async () => {
		const definition = readFileSync(join(plan.projectRoot, "grafana/provisioning/reader.sql"), "utf8")
		await ensureReader(clusterUrl(address, "postgres", superuser, "observatory"), definition, password)
	}
	return Object.assign(prepare, { url: readerUrl(address, password) })
}

const SUPERUSER_SECRET = "postgres_superuser_password"

function runAs(plan: Plan, binaries: string): RunAs {
	return decideRunAs({
		nobody: nobodyIds(),
		blockedBy: firstBlocked([binaries, plan.home.root]),
		setpriv: plan.machine.setpriv !== undefined,
		capabilities: effectiveCapabilities(),
	})
}

/** Our own tables, brought up to date before anything reads them. */
export function migrationsPart(plan: Plan, needs: readonly string[]): Step {
	return {
		kind: "step",
		name: "migrations",
		title: "Database schema",
		needs,
		essential: true,
		async run() {
			await migrate(plan.databaseUrl)
			return "up to date"
		},
	}
}
