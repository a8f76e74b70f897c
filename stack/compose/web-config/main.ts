import { join } from "node:path"
import { z } from "zod"
import { loadConfig } from "../../../core/lib/config.ts"
import { explain } from "../../../core/lib/errors.ts"
import { writeAtomic } from "../../../core/lib/files.ts"
import { renderWebConfig } from "../../render-web-config.ts"

const variables = z.object({
	WEB_CONFIG_FOLDER: z.string(),
	PROMETHEUS_PASSWORD: z.string().min(16, "expected at least 16 characters"),
	ALERTMANAGER_PASSWORD: z.string().min(16, "expected at least 16 characters"),
})

// Writes the web configurations of Prometheus and Alertmanager into a volume that both mount.
try {
	const config = loadConfig(variables, process.env)
	const write = async (file: string, password: string) =>
		writeAtomic(join(config.WEB_CONFIG_FOLDER, file), await renderWebConfig(password), 0o644)
	await write("prometheus.yml", config.PROMETHEUS_PASSWORD)
	await write("alertmanager.yml", config.ALERTMANAGER_PASSWORD)
} catch (error) {
	process.stderr.write(`${explain(error)}\n`)
	process.exitCode = 1
}
