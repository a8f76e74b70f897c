import { GITHUB_INTERVAL_MS } from "../../core/catalogue/subjects/github.ts"
import type { Collector } from "../../core/metrics/collector.ts"
import { databaseCollectors } from "../database-collectors.ts"
import { mcpHealth, reported } from "../health/components.ts"
import { workersCollector } from "../health/workers.ts"
import { GithubApi } from "../sources/github/api.ts"
import { GithubCollector } from "../sources/github/collector.ts"
import type { McpProber } from "../sources/mcp/types.ts"
import { contractCollector } from "../sources/postgres/contract-collector.ts"
import { processTable } from "../sources/processes/table.ts"
import { stateCollector } from "../sources/states/collector.ts"
import type { StateTracker } from "../sources/states/tracker.ts"
import { transcriptCollectors } from "../sources/transcripts/collector.ts"
import { AdminApi } from "../sources/usage/admin-api.ts"
import { usageCollector } from "../sources/usage/collector.ts"
import { organisationCollector } from "../sources/usage/organisation.ts"
import type { UsageRecorder } from "../sources/usage/recorder.ts"
import type { ExporterContext } from "./context.ts"
import type { DatabasePools } from "./databases.ts"
import type { OtlpReceiver } from "./otlp.ts"

/** The collectors of the exposed groups, that of the components' health among them. */
export function createCollectors(
	{ settings, telemetry, clock, log }: ExporterContext,
	pools: DatabasePools,
	{
		otlp,
		prober,
		usage,
		states,
	}: {
		readonly otlp: OtlpReceiver | undefined
		readonly prober: McpProber | undefined
		readonly usage: UsageRecorder
		readonly states: StateTracker
	},
): Collector[] {
	const { onFold, onRefuse: onValueRefused } = telemetry
	const { repository, token, apiUrl } = settings.github
	const github =
		repository === undefined
			? undefined
			: new GithubCollector({
					api: new GithubApi({ repository, token, apiUrl, clock }),
					own: pools.own,
					repository,
					clock,
					log,
					intervalMs: token === undefined ? GITHUB_INTERVAL_MS.without : GITHUB_INTERVAL_MS.withToken,
					onFold,
					onRefuse: onValueRefused,
				})
	const components = [
		reported("opentelemetry", () => otlp?.health().status),
		reported("mcp_servers", () => mcpHealth(prober?.states().values() ?? [])),
		reported("github_actions", () => github?.health()),
	]
	const all = [
		...(github ? [github] : []),
		...Object.values(transcriptCollectors({ ...settings.transcripts, pool: pools.own, clock, log, onFold })),
		stateCollector({ roots: settings.transcripts.roots, tracker: states, clock }),
		usageCollector({ recorder: usage, pool: pools.own, clock, log }),
		...(settings.adminKey === undefined
			? []
			: [
					organisationCollector({
						api: new AdminApi({ key: settings.adminKey, apiUrl: "https://api.anthropic.com" }),
						pool: pools.own,
						clock,
					}),
				]),
		...databaseCollectors({ ...pools, components, clock, log, onFold, onValueRefused }),
		contractCollector(pools.own, settings.ownGroup),
		workersCollector(settings.workers, processTable(process.platform)),
	]
	return all.filter(({ group }) => settings.groups.includes(group))
}
