import { systemClock } from "../../core/lib/clock.ts"
import type { Env } from "../../core/lib/config.ts"
import { loadMcpConfig, problemsOf, warningsOf } from "../../core/lib/mcp-config.ts"
import { workersCollector } from "../health/workers.ts"
import type { Variables } from "../settings.ts"
import { GithubApi } from "../sources/github/api.ts"
import { processTable } from "../sources/processes/table.ts"
import { type Finding, good, missing, note } from "./finding.ts"

/** How long a source may take to answer the doctor. */
const PATIENCE_MS = 20_000

/** What MCP_CONFIG names. Rejects when the file cannot be used. */
export async function examineServers(file: string | undefined, env: Env): Promise<Finding[]> {
	if (file === undefined)
		return [note("none is configured", "Set MCP_CONFIG to a mcpServers file, such as your .mcp.json.")]
	const servers = await loadMcpConfig(file, env)
	const usable = servers.filter(({ transport }) => transport !== "unusable")
	return [
		...(usable.length > 0 ? [good(`${usable.length} in ${file}: ${usable.map(({ name }) => name).join(", ")}`)] : []),
		...problemsOf(servers).map((problem) =>
			missing(`${file}: ${problem}`, "Correct this entry; the others are watched."),
		),
		...warningsOf(servers).map((warning) => note(`${file}: ${warning}`)),
	]
}

/** Asks GitHub once, with the right that is needed. Rejects when it cannot be reached or refuses. */
export async function examineGithub(config: Variables): Promise<Finding[]> {
	const { GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token, GITHUB_API_URL: apiUrl } = config
	if (repository === undefined) return [note("no repository is configured", "Set GITHUB_REPOSITORY to OWNER/NAME.")]
	const api = new GithubApi({ repository, token, apiUrl, clock: systemClock })
	await api.runs(1, undefined, AbortSignal.timeout(PATIENCE_MS))
	const left = api.rateLimit ? `, ${api.rateLimit.remaining} of ${api.rateLimit.limit} requests left this hour` : ""
	return [
		good(`the workflow runs of ${repository} can be read${left}`),
		...(token === undefined
			? [
					note(
						"without a token they are asked for every five minutes only",
						"Set GITHUB_TOKEN; Actions: read is enough to watch, an emergency stop needs write.",
					),
				]
			: []),
	]
}

/** Which of the configured workers run. */
export async function examineWorkers(workers: Variables["WORKERS"]): Promise<Finding[]> {
	if (workers.length === 0) return [note("none is configured", "Set WORKERS, such as agent=pidfile:/run/agent.pid.")]
	const collector = workersCollector(workers, processTable(process.platform))
	const samples = await collector.collect(AbortSignal.timeout(PATIENCE_MS))
	return samples.flatMap((sample) => {
		if (sample.series.name !== "autonomous_worker_up" || !("value" in sample)) return []
		const { worker } = sample.labels
		return [sample.value === 1 ? good(`${worker} runs`) : note(`${worker} does not run at the moment`)]
	})
}
