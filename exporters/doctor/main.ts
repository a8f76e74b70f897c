import type pg from "pg"
import { createPool } from "../../core/db/client.ts"
import { planContract, requireClearWay } from "../../core/db/contract/install.ts"
import { asTransaction } from "../../core/db/contract/render.ts"
import { isSameDatabase } from "../../core/db/identity.ts"
import { onSnapshot } from "../../core/db/session.ts"
import { readArguments, runCommand, usageError } from "../../core/lib/arguments.ts"
import { loadConfig } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { withLocalAddresses, withLocalRun, withLocalTokens } from "../../core/lib/local-run.ts"
import { variables } from "../settings.ts"
import { diagnoseOwn, diagnoseOwnViews, diagnoseSource } from "./diagnose.ts"
import { readOwn, readSource } from "./facts.ts"
import { type Finding, renderFindings } from "./finding.ts"
import { examineReading } from "./reading.ts"
import { countHigh, renderChapters, renderJson } from "./security/risk.ts"
import { examineSecurity } from "./security/run.ts"
import { examineGithub, examineServers, examineWorkers } from "./sources.ts"
import { examineTelemetry } from "./telemetry.ts"
import { examinePrices, examineTranscripts } from "./transcripts.ts"

const HELP = `npm run doctor [-- OPTIONS]

Reports which tables, views, sources and rights the exporters lack, and how to get them. Changes nothing.
Reads the same environment as the exporters; without a database in it, those of the local run here.
Exits with 1 when something is missing.

  --sql           print the script that makes the contract's views in the monitored database, and nothing else
  --security      check instead what is open here, to whom: listeners, database roles, access tokens, versions with
                  known advisories, modes of files, the gate; exits with 1 when a finding is of severity high
  --format json   print the findings of --security for programs
  --help          this text
`

await runCommand(main)

async function main(): Promise<number> {
	const options = {
		sql: { type: "boolean" },
		security: { type: "boolean" },
		format: { type: "string", default: "text" },
		help: { type: "boolean", short: "h" },
	} as const
	const { values } = readArguments({ options }, HELP)
	if (values.help) return say(HELP)
	if (values.format !== "text" && values.format !== "json")
		throw usageError(`--format is text or json, not "${values.format}"`, HELP)
	if (values.format === "json" && !values.security) throw usageError("--format json needs --security", HELP)
	if (values.security) return security(values.format)
	const config = loadConfig(variables, withLocalTokens(withLocalAddresses(withLocalRun(process.env))))
	const sourceUrl = config.SOURCE_DATABASE_URL ?? config.DATABASE_URL
	if (values.sql) {
		const script = await ask(sourceUrl, "Reading the monitored database", ownerScript)
		return say(script)
	}
	const chapters: readonly (readonly [string, () => Promise<Finding[]>])[] = [
		[
			"Our database (DATABASE_URL)",
			async () => {
				const lacking = [
					...diagnoseOwn(await ask(config.DATABASE_URL, "Reading our database", readOwn)),
					...(await ask(config.DATABASE_URL, "Reading our totals", examineReading)),
				]
				if (config.DATABASE_URL === sourceUrl || (await isOne(config.DATABASE_URL, sourceUrl))) return lacking
				return [...lacking, ...diagnoseOwnViews(await ask(config.DATABASE_URL, "Reading our database", readSource))]
			},
		],
		[
			`The monitored database (${config.SOURCE_DATABASE_URL ? "SOURCE_DATABASE_URL" : "DATABASE_URL"})`,
			async () => diagnoseSource(await ask(sourceUrl, "Reading the monitored database", readSource)),
		],
		["MCP servers (MCP_CONFIG)", () => examineServers(config.MCP_CONFIG, process.env)],
		["GitHub Actions (GITHUB_REPOSITORY)", () => examineGithub(config)],
		[
			"Claude Code's transcripts (CLAUDE_TRANSCRIPTS)",
			() => examineTranscripts(config.CLAUDE_TRANSCRIPTS, process.env),
		],
		[
			"Prices (CLAUDE_PRICES)",
			() => examinePrices(config.CLAUDE_PRICES, config.CLAUDE_TRANSCRIPTS, process.env, Date.now()),
		],
		["Received telemetry (EXPORTERS_LISTEN)", () => examineTelemetry(config.EXPORTERS_LISTEN, config.METRICS_TOKEN)],
		["Workers (WORKERS)", () => examineWorkers(config.WORKERS)],
	]
	let lacking = false
	for (const [title, findings] of chapters) {
		const found = await findings().catch((error) => [failure(error)])
		lacking ||= found.some(({ state }) => state === "missing")
		say(`${title}\n${renderFindings(found)}\n\n`)
	}
	return lacking ? 1 : 0
}

/** The script for the owner of the tables. It refuses every other database, and lets the asking user read the views. */
async function ownerScript(client: pg.ClientBase): Promise<string> {
	const plan = await planContract(client)
	requireClearWay(plan)
	const { rows } = await client.query<{ name: string; database: string; user: string }>(
		`select current_database() as name, quote_literal(current_database()) as database, quote_ident(current_user) as user`,
	)
	const [where] = rows
	if (where === undefined) throw new TypeError("PostgreSQL answered a select without a row")
	const guard = `do $$ begin if current_database() <> ${where.database} then
	raise exception 'this script is for database %, not for %', ${where.database}, current_database(); end if; end $$;`
	const grants = `grant usage on schema contract to ${where.user};
grant select on all tables in schema contract to ${where.user};
`
	return asTransaction([guard, plan.sql, grants].join("\n\n"))
}

async function security(format: "text" | "json"): Promise<number> {
	const chapters = await examineSecurity(process.env)
	say(format === "json" ? renderJson(chapters, new Date()) : renderChapters(chapters))
	return countHigh(chapters) > 0 ? 1 : 0
}

function failure(error: unknown): Finding {
	const advice = error instanceof ObservatoryError ? error.advice : undefined
	return { state: "missing", text: messageOf(error), ...(advice ? { advice } : {}) }
}

/** Whether two addresses lead to one database. When one of them cannot be asked, its own chapter says so. */
async function isOne(ownUrl: string, sourceUrl: string): Promise<boolean> {
	const compared = ask(ownUrl, "Reading our database", (own) =>
		ask(sourceUrl, "Reading the monitored database", (source) => isSameDatabase(own, source)),
	)
	return compared.catch(() => true)
}

async function ask<T>(url: string, what: string, read: (client: pg.ClientBase) => Promise<T>): Promise<T> {
	const pool = createPool(url, { applicationName: "mcp-observatory doctor", max: 1 })
	try {
		return await onSnapshot(pool, { what, signal: AbortSignal.timeout(20_000) }, read)
	} finally {
		await pool.end()
	}
}

function say(text: string): 0 {
	process.stdout.write(text)
	return 0
}
