import type { Collector } from "../../core/metrics/collector.ts"
import { databaseCollectors } from "../collectors.ts"
import { mcpHealth, reported } from "../health/components.ts"
import { workersCollector } from "../health/workers.ts"
import { GithubApi } from "../sources/github/api.ts"
import { GithubCollector } from "../sources/github/collector.ts"
import type { McpProber } from "../sources/mcp/types.ts"
import { processTable } from "../sources/processes/table.ts"
import { transcriptCollector } from "../sources/transcripts/collector.ts"
import type { Pools } from "./databases.ts"
import type { OtlpReceiver } from "./receivers.ts"
import type { Run } from "./run.ts"

/** Asking again for what has not changed is free with a token only; without one there are 60 requests an hour. */
const GITHUB_INTERVAL_MS = { withToken: 60_000, without: 300_000 }

/** Every collector of the wanted groups that has a source, and the one that says how the components are. */
export function makeCollectors(
	{ settings, telemetry, clock, log }: Run,
	pools: Pools,
	{ otlp, prober }: { readonly otlp: OtlpReceiver | undefined; readonly prober: McpProber | undefined },
): Collector[] {
	const { onFold, onRefuse } = telemetry
	const { repository, token, apiUrl } = settings.github
	const github =
		repository === undefined
			? undefined
			: new GithubCollector({
					api: new GithubApi({ repository, token, apiUrl, clock }),
					own: pools.own,
					repository,
					clock,
					intervalMs: token === undefined ? GITHUB_INTERVAL_MS.without : GITHUB_INTERVAL_MS.withToken,
					onFold,
					onRefuse,
				})
	const components = [
		reported("opentelemetry", () => otlp?.health().status),
		reported("mcp_servers", () => mcpHealth(prober?.states().values() ?? [])),
		reported("github_actions", () => github?.health()),
	]
	const all = [
		...(github ? [github] : []),
		transcriptCollector({ ...settings.transcripts, pool: pools.own, clock, log }),
		...databaseCollectors({ ...pools, components, clock, log, onFold, onRefuse }),
		workersCollector(settings.workers, processTable(process.platform)),
	]
	return all.filter(({ group }) => settings.groups.includes(group))
}
