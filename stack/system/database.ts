import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createPool } from "../../core/db/client.ts"
import { installContract } from "../../core/db/contract/install.ts"
import { migrate } from "../../core/db/migrate.ts"
import type { ListenAddress } from "../../core/lib/config.ts"
import { shippedFile } from "../../core/lib/files.ts"
import type { Service, Step } from "../parts/part.ts"
import {
	clusterUrl,
	ensureAccount,
	ensureProgramRoles,
	ensureReader,
	type ProgramRole,
	probePostgres,
	readerUrl,
} from "../postgres/account.ts"
import { findPostgres, openToOthers } from "../postgres/binaries.ts"
import { prepareCluster } from "../postgres/cluster.ts"
import { decideRunAs, effectiveCapabilities, firstBlocked, unprivilegedIds } from "../postgres/run-as.ts"
import type { RunAs } from "../process/children.ts"
import { ensureSecret, type Secret } from "../secrets.ts"
import { authority } from "../settings.ts"
import type { StateDir } from "../state-dir.ts"
import type { PrepareReader } from "./grafana.ts"
import type { Plan } from "./plan.ts"

/** The local PostgreSQL, from npm, with its data in `.observatory/postgres`. */
export const postgresPart = (plan: Plan): Service => ({
	...serverPart(plan, ownServer(plan)),
	name: "postgres",
	title: "PostgreSQL",
	essential: true,
})

/** The demo's PostgreSQL: a second server, so that incidents are still recorded while it is down. */
export const demoPostgresPart = (plan: Plan): Service => ({
	...serverPart(plan, demoServer(plan)),
	name: "demo-postgres",
	title: "Monitored PostgreSQL",
	demo: true,
})

/** A local PostgreSQL server: its address, its folder, and the passwords of its superuser and its ordinary role. */
interface OwnServer {
	readonly address: ListenAddress
	readonly folder: string
	readonly superuser: Secret
	readonly account: Secret
}

/**
 * The passwords of the ordinary roles: of the owners of the two databases, and of our programs in ours. The demo's programs
 * know theirs, and must not reach our database with it.
 */
export const accountSecrets = ({ secrets }: StateDir): Readonly<Record<"own" | "demo" | ProgramRole, Secret>> => ({
	own: ensureSecret(secrets, "postgres_password"),
	demo: ensureSecret(secrets, "demo_postgres_password"),
	exporters: ensureSecret(secrets, "postgres_exporters_password"),
	webhook: ensureSecret(secrets, "postgres_webhook_password"),
})

const ownServer = ({ settings, home }: Plan): OwnServer => ({
	address: settings.POSTGRES_LISTEN,
	folder: home.postgres,
	superuser: ensureSecret(home.secrets, "postgres_superuser_password"),
	account: accountSecrets(home).own,
})

const demoServer = ({ settings, home }: Plan): OwnServer => ({
	address: settings.DEMO_POSTGRES_LISTEN,
	folder: home.demoPostgres,
	superuser: ensureSecret(home.secrets, "demo_postgres_superuser_password"),
	account: accountSecrets(home).demo,
})

function serverPart(plan: Plan, server: OwnServer): Omit<Service, "name" | "title"> {
	const { address, folder, superuser, account } = server
	const superuserUrl = clusterUrl(address, "postgres", superuser.value, "postgres")
	return {
		kind: "service",
		address: authority(address),
		// Errors in the alerts are reported before anything starts.
		needs: ["configuration"],
		async prepare(report) {
			const binaries = findPostgres()
			const { setpriv, searchPath } = plan.machine
			const user = plan.machine.isRoot ? runAs(plan, binaries.folder) : undefined
			if (user) openToOthers(binaries)
			return prepareCluster({ binaries, folder, address, superuser, user, setpriv, searchPath }, report)
		},
		ports: [address.port],
		probe: () => probePostgres(superuserUrl),
		afterReady: () => ensureAccount(superuserUrl, account.value),
		readyWithinMs: 60_000,
		// Fast shutdown: sessions end, everything is written, and the next start needs no recovery.
		stopSignal: "SIGINT",
		stopWithinMs: 15_000,
		// What answers with an error may be recovering, which a restart would only begin again.
		supervision: { unwellAfter: Number.POSITIVE_INFINITY },
	}
}

/**
 * Grafana's access to the monitored database and to stored telemetry: its own role in a local server, the configured role
 * in another one.
 */
export function grafanaReader(plan: Plan): PrepareReader {
	const { DATABASE_URL, SOURCE_DATABASE_URL } = plan.settings
	const contract = readerOf(plan, SOURCE_DATABASE_URL ?? (plan.demo ? undefined : DATABASE_URL), {
		server: plan.demo ? demoServer : ownServer,
		file: "reader.sql",
	})
	const telemetry = readerOf(plan, DATABASE_URL, { server: ownServer, file: "telemetry-reader.sql" })
	const prepare = async () => {
		await contract.prepare()
		await telemetry.prepare()
	}
	return Object.assign(prepare, { url: contract.url, telemetryUrl: telemetry.url })
}

function readerOf(
	plan: Plan,
	given: string | undefined,
	{ server, file }: { readonly server: (plan: Plan) => OwnServer; readonly file: string },
) {
	if (given !== undefined) return { url: given, prepare: async () => undefined }
	const { address, superuser } = server(plan)
	const password = ensureSecret(plan.home.secrets, "postgres_grafana_password").value
	return {
		url: readerUrl(address, password),
		async prepare() {
			const definition = readFileSync(join(plan.projectRoot, "grafana/provisioning", file), "utf8")
			await ensureReader(clusterUrl(address, "postgres", superuser.value, "observatory"), definition, password)
		},
	}
}

function runAs(plan: Plan, binaries: string): RunAs {
	return decideRunAs({
		unprivileged: unprivilegedIds(),
		blockedBy: firstBlocked([binaries, plan.home.root]),
		setpriv: plan.machine.setpriv !== undefined,
		capabilities: effectiveCapabilities(),
	})
}

/** Migrates the observatory's tables before any program reads them. */
export function migrationsPart(plan: Plan, needs: readonly string[]): Step {
	return {
		kind: "step",
		name: "migrations",
		title: "Database schema",
		needs,
		essential: true,
		async run() {
			await migrate(plan.databaseUrl)
			if (plan.settings.DATABASE_URL === undefined) await separateRoles(plan)
			return "up to date"
		},
	}
}

/** Gives the exporters and the webhook roles of their own in our server. The views are there first: they may read them. */
async function separateRoles(plan: Plan): Promise<void> {
	const pool = createPool(plan.databaseUrl, { applicationName: "mcp-observatory stack", max: 1 })
	try {
		await installContract(pool)
	} finally {
		await pool.end()
	}
	const { address, superuser } = ownServer(plan)
	const { exporters, webhook } = accountSecrets(plan.home)
	await ensureProgramRoles(
		clusterUrl(address, "postgres", superuser.value, "observatory"),
		readFileSync(shippedFile("core/db/roles.sql"), "utf8"),
		{ exporters: exporters.value, webhook: webhook.value },
	)
}
