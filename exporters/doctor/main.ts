import { parseArgs } from "node:util"
import type pg from "pg"
import { z } from "zod"
import { createPool } from "../../core/db/client.ts"
import { contractScript, usableBranches } from "../../core/db/contract/render.ts"
import { onSnapshot } from "../../core/db/session.ts"
import { loadConfig, postgresUrl } from "../../core/lib/config.ts"
import { explain, messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { loadMcpConfig } from "../sources/mcp/config.ts"
import { diagnoseOwn, diagnoseSource, type Finding, renderFindings } from "./diagnose.ts"
import { readOwn, readSource } from "./facts.ts"

const HELP = `npm run doctor [-- OPTIONS]

Tells which tables, views, sources and rights the exporters lack, and how to get them. Changes nothing.
Reads the same environment as the exporters. Exits with 1 when something is missing.

  --sql    print the script that makes the contract's views in the monitored database, and nothing else
  --help   this text
`

process.exitCode = await main().catch((error) => {
	process.stderr.write(`${explain(error)}\n`)
	return 1
})

async function main(): Promise<number> {
	const { values } = parseArgs({ options: { sql: { type: "boolean" }, help: { type: "boolean" } } })
	if (values.help) return say(HELP)
	const config = loadConfig(
		z.object({
			DATABASE_URL: postgresUrl(),
			SOURCE_DATABASE_URL: postgresUrl().optional(),
			MCP_CONFIG: z.string().optional(),
		}),
		process.env,
	)
	const sourceUrl = config.SOURCE_DATABASE_URL ?? config.DATABASE_URL
	if (values.sql) {
		const { tables } = await ask(sourceUrl, "Reading the monitored database", readSource)
		return say(contractScript(usableBranches(tables)).sql)
	}
	const chapters: readonly (readonly [string, () => Promise<Finding[]>])[] = [
		[
			"Our database (DATABASE_URL)",
			async () => diagnoseOwn(await ask(config.DATABASE_URL, "Reading our database", readOwn)),
		],
		[
			`The monitored database (${config.SOURCE_DATABASE_URL ? "SOURCE_DATABASE_URL" : "DATABASE_URL"})`,
			async () => diagnoseSource(await ask(sourceUrl, "Reading the monitored database", readSource)),
		],
		["MCP servers (MCP_CONFIG)", () => diagnoseServers(config.MCP_CONFIG)],
	]
	let lacking = false
	for (const [title, findings] of chapters) {
		const found = await findings().catch((error) => [failure(error)])
		lacking ||= found.some(({ state }) => state === "missing")
		say(`${title}\n${renderFindings(found)}\n\n`)
	}
	return lacking ? 1 : 0
}

async function diagnoseServers(file: string | undefined): Promise<Finding[]> {
	if (file === undefined)
		return [
			{
				state: "note",
				text: "none is configured",
				advice: "Set MCP_CONFIG to a mcpServers file, such as your .mcp.json.",
			},
		]
	const servers = await loadMcpConfig(file, process.env)
	return [{ state: "good", text: `${servers.length} in ${file}: ${servers.map(({ name }) => name).join(", ")}` }]
}

function failure(error: unknown): Finding {
	const advice = error instanceof ObservatoryError ? error.advice : undefined
	return { state: "missing", text: messageOf(error), ...(advice ? { advice } : {}) }
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
