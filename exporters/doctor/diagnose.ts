import { AUDIT_GUARD_ADVICE } from "../../core/db/audit-guard.ts"
import { OBSTACLE_ADVICE } from "../../core/db/contract/install.ts"
import { stateOf } from "../../core/db/contract/mark.ts"
import { BRANCHES } from "../../core/db/contract/providers.ts"
import { contractScript } from "../../core/db/contract/render.ts"
import { missingFor, usableBranches } from "../../core/db/contract/tables.ts"
import { missingRight, type SessionRights } from "../../core/db/session-rights.ts"
import type { OwnFacts, SourceFacts } from "./facts.ts"
import { type Finding, good, missing, note } from "./finding.ts"
import { diagnoseViews } from "./views.ts"

const ownerRuns = (database: string) =>
	`Let the owner of the tables run, with our environment: npm run --silent doctor -- --sql | psql "${database}"`

/** The oldest PostgreSQL that has what the exporters ask for, and the oldest that is tested. */
const OLDEST = { usable: 13, tested: 14 }

/** What our own database lacks. */
export const diagnoseOwn = (facts: OwnFacts): Finding[] => [
	...diagnoseTables(facts),
	...diagnoseAudit(facts),
	...(facts.pooled
		? [
				note(
					"a pooler is between us and PostgreSQL",
					"The exporters work with every mode of it; alert-webhook listens for jobs, and needs one in session mode or PostgreSQL itself.",
				),
			]
		: []),
]

function diagnoseAudit({ auditFaults }: OwnFacts): Finding[] {
	if (auditFaults === undefined) return []
	if (auditFaults.length === 0) return [good("the audit log is append-only")]
	return auditFaults.map((fault) => missing(`${fault}, so entries can be changed`, AUDIT_GUARD_ADVICE))
}

function diagnoseTables({ user, database, writable, mayCreate }: OwnFacts): Finding[] {
	const tables = Object.entries(writable)
	if (tables.length === 0)
		return [
			mayCreate
				? note(`${database} has none of our tables yet`, "They are created when the exporters start.")
				: missing(
						`${database} has none of our tables, and ${user} may not create them`,
						`grant create on database "${database}" to "${user}";`,
					),
		]
	const closed = tables.filter(([, may]) => !may).map(([name]) => name)
	if (closed.length > 0)
		return [
			missing(
				`${user} may not write observatory.${closed.join(", observatory.")}`,
				`grant usage on schema observatory to "${user}"; grant select, insert, update, delete on all tables in schema observatory to "${user}";`,
			),
		]
	return [good(`${user} may write our tables in ${database}`)]
}

/** What the views over our own tables lack, where these are in another database than the monitored system's. */
export const diagnoseOwnViews = (facts: SourceFacts): Finding[] => [...diagnoseContract(facts), ...diagnoseViews(facts)]

/** What the monitored database lacks: views, columns, rights; and which tables each provider would need. */
export function diagnoseSource(facts: SourceFacts): Finding[] {
	return [
		...diagnoseVersion(facts),
		...diagnoseFunctions(facts),
		...diagnoseOwnViews(facts),
		...diagnoseRowSecurity(facts),
		...diagnoseBeneath(facts),
		...(facts.pooled ? [good("a pooler is between us and PostgreSQL; limits are set in each transaction")] : []),
		...diagnoseProviders(facts),
		diagnoseStatistics(facts),
		diagnoseStop(facts.sessions),
	]
}

function diagnoseVersion({ version, major }: SourceFacts): Finding[] {
	const text = `PostgreSQL ${OLDEST.tested} or newer is needed; this is ${version}`
	if (major < OLDEST.usable) return [missing(text, "Upgrade the server.")]
	return major < OLDEST.tested ? [note(text, "It may work; upgrade the server when you can.")] : []
}

const diagnoseFunctions = ({ closedFunctions, user }: SourceFacts): Finding[] =>
	closedFunctions.map((name) =>
		missing(`${user} may not call ${name}`, `grant execute on function ${name} to "${user}";`),
	)

/** Nothing fails when rows are hidden: they are only missing from the numbers. */
const diagnoseRowSecurity = ({ rowSecurity }: SourceFacts): Finding[] =>
	rowSecurity.map(({ view, table, role }) =>
		note(
			`row-level security on ${table} may hide rows from contract.${view}, which reads as ${role}`,
			`create policy observatory_reads on ${table} for select to ${role} using (true);`,
		),
	)

/** What views are made of: a right on the view alone is not enough. */
function diagnoseBeneath({ beneath, user }: SourceFacts): Finding[] {
	const { closedTables, closedFunctions, unindexed } = beneath
	return [
		...closedTables.map(({ view, table, role }) =>
			missing(
				`${role}, as which contract.${view} reads, may not read ${table}`,
				`grant usage on schema ${schemaOf(table)} to ${role}; grant select on ${table} to ${role};`,
			),
		),
		...closedFunctions.map(({ view, name }) =>
			missing(
				`${user} may not call ${name}, which contract.${view} does`,
				`grant execute on function ${name} to "${user}";`,
			),
		),
		...unindexed.map(({ table, partitions, example }) =>
			note(
				`${partitions} partitions of ${table} have no index that begins with their number, such as ${example}: each poll reads all of them`,
				`create index on ${table} (COLUMN); with the column that the view has as seq`,
			),
		),
	]
}

/** As SQL names it; a table on the search path is named without. */
const schemaOf = (table: string): string => /^(.+)\.[^.]+$/.exec(table)?.[1] ?? "public"

function diagnoseContract({ contract, mayCreate, user, tables, database }: SourceFacts): Finding[] {
	const { mark, obstacles } = contractScript(usableBranches(tables), contract)
	switch (stateOf(contract.mark, mark)) {
		case "absent":
			return [
				mayCreate
					? note("schema contract does not exist yet", "It is created when the exporters start.")
					: missing(`schema contract does not exist, and ${user} may not create it`, ownerRuns(database)),
			]
		case "foreign":
			return [note("schema contract is not ours and is left as it is")]
		case "newer":
			return [note("a later release made schema contract, and it is left as it is")]
		case "current":
			return [good("schema contract is up to date")]
		case "stale":
			if (obstacles.length > 0)
				return [missing(`schema contract cannot be upgraded: ${obstacles.join("; ")}`, OBSTACLE_ADVICE)]
			return [
				note(
					"schema contract does not fit this release, or the tables as they are now",
					mayCreate ? "The exporters upgrade it within a minute." : ownerRuns(database),
				),
			]
	}
}

/** Which of the evals tables are read, and what keeps the others from it. */
function diagnoseProviders({ tables, contract }: SourceFacts): Finding[] {
	if (isForeign(contract)) return []
	const evals = BRANCHES.filter(({ provider }) => provider !== "own")
	if (evals.every(({ needs }) => Object.keys(needs).every((table) => !tables.has(table))))
		return [
			note(
				"the evals tables are not in this database",
				"Nothing to do unless they should be: then see docs/contract.md.",
			),
		]
	return evals.map(({ view, provider, needs }) => {
		const lacking = missingFor(needs, tables)
		return lacking.length === 0
			? good(`${view} are read from ${Object.keys(needs)[0]} (provider ${provider})`)
			: note(`${view} cannot be read by provider ${provider}: ${lacking.join(", ")} not there`)
	})
}

const isForeign = ({ mark }: SourceFacts["contract"]) => stateOf(mark, "") === "foreign"

const diagnoseStatistics = ({ mayMonitor, user }: SourceFacts): Finding =>
	mayMonitor
		? good(`${user} sees what all connections are doing`)
		: note(`${user} does not see what other users' connections are doing`, `grant pg_monitor to "${user}";`)

/** The exporters only read; but alert-webhook is given the same address. */
function diagnoseStop(rights: SessionRights): Finding {
	const missing = missingRight(rights)
	if (missing) return note(`an emergency stop or a pause cannot reach its sessions' rows: ${missing.what}`, missing.fix)
	return rights.kept
		? good(`${rights.user} may pause and end its sessions`)
		: note(
				"it has no observatory.claude_sessions: a stop or a pause reaches its sessions by the gate or GET /api/control only",
			)
}
