import { z } from "zod"
import { createPool } from "../../../core/db/client.ts"
import { installContract } from "../../../core/db/contract/install.ts"
import { migrate } from "../../../core/db/migrate.ts"
import { loadConfig, postgresUrl } from "../../../core/lib/config.ts"
import { explain } from "../../../core/lib/errors.ts"

// Migrates the observatory database as its owner, and makes the contract's views: the programs' roles may do neither.
try {
	const { DATABASE_URL } = loadConfig(z.object({ DATABASE_URL: postgresUrl() }), process.env)
	await migrate(DATABASE_URL)
	const pool = createPool(DATABASE_URL, { applicationName: "mcp-observatory migrations", max: 1 })
	await installContract(pool).finally(() => pool.end())
} catch (error) {
	process.stderr.write(`${explain(error)}\n`)
	process.exitCode = 1
}
