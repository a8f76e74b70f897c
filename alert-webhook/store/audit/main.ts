import { z } from "zod"
import { AUDIT_GUARD_ADVICE } from "../../../core/db/audit-guard.ts"
import { createDatabase, createPool, databaseError } from "../../../core/db/client.ts"
import { readArguments, usageError } from "../../../core/lib/arguments.ts"
import { loadConfig, postgresUrl } from "../../../core/lib/config.ts"
import { explain } from "../../../core/lib/errors.ts"
import { withLocalRun } from "../../../core/lib/local-run.ts"
import type { ChainEnd } from "../../domain/audit-chain.ts"
import { readGuardFaults } from "./guard.ts"
import { allEntries, exportLine } from "./read.ts"
import { verifyAudit } from "./verify.ts"

const USAGE = `npm run audit -- verify [SEQ:HASH …]   walk the chain; further arguments are ends that you stored
npm run audit -- export                 every entry as a line of JSON, oldest first

Reads DATABASE_URL, or else the database of the local run here. Exit code: 0 whole, 1 broken, 2 not readable.`

try {
	process.exitCode = await run()
} catch (error) {
	process.stderr.write(`${explain(databaseError(error, "Reading the audit log"))}\n`)
	process.exitCode = 2
}

async function run(): Promise<number> {
	const options = { help: { type: "boolean", short: "h" } } as const
	const { values, positionals } = readArguments({ options, allowPositionals: true }, USAGE)
	if (values.help) {
		process.stdout.write(`${USAGE}\n`)
		return 0
	}
	const [command = "", ...rest] = positionals
	if (command !== "verify" && command !== "export") throw usageError(`Unknown command "${command}"`, USAGE)
	const ends = rest.map(parseEnd)
	const { DATABASE_URL } = loadConfig(z.object({ DATABASE_URL: postgresUrl() }), withLocalRun(process.env))
	const pool = createPool(DATABASE_URL, { applicationName: "mcp-observatory audit", max: 1 })
	try {
		const db = createDatabase(pool)
		if (command === "export") {
			for await (const row of allEntries({ db })) process.stdout.write(exportLine(row))
			return 0
		}
		const verdict = await verifyAudit({ db }, ends)
		const { seq, hash } = verdict.end
		if (verdict.whole) process.stdout.write(`The chain is whole: ${seq} entries, ending in ${seq}:${hash}\n`)
		else process.stdout.write(`The chain is broken: ${verdict.flaw}\nThe last good link is ${seq}:${hash}\n`)
		const faults = await readGuardFaults({ db })
		for (const fault of faults) process.stdout.write(`Warning: ${fault}, so entries can be changed.\n`)
		if (faults.length > 0) process.stdout.write(`  → ${AUDIT_GUARD_ADVICE}\n`)
		return verdict.whole ? 0 : 1
	} finally {
		await pool.end()
	}
}

function parseEnd(text: string): ChainEnd {
	const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text)
	if (!match?.[2]) throw usageError(`"${text}" is not SEQ:HASH`, USAGE)
	return { seq: Number(match[1]), hash: match[2] }
}
