import { selector } from "../../../../core/catalogue/promql.ts"
import { mcpServerStatus } from "../../../../core/catalogue/subjects/mcp.ts"
import { describeRestarter, restart } from "../../../clients/restarters/restart.ts"
import type { Context } from "../../../context.ts"
import type { Action } from "./action.ts"

/** The prober's latest result: whether the server responds. */
async function connected({ clients }: Context, server: string): Promise<boolean> {
	const expr = selector({ of: mcpServerStatus, matchers: { server, status: "connected" } })
	const elements = await clients.prometheus.query(expr)
	return elements.length > 0 && elements.every(({ value }) => value === 1)
}

/** Restarts an MCP server that agents cannot reach. It has succeeded when the prober sees the server connected. */
export const reconnectMcpServer: Action = {
	describe: "Reconnect the MCP server",
	effect: "repairs",
	target: ({ labels }) => labels.server,
	precondition: async ({ settings }, { target }) =>
		!settings.restarters.mcp_servers.has(target)
			? `no way to restart the MCP server ${target} is configured`
			: undefined,
	async plan({ settings }, { target }) {
		const restarter = settings.restarters.mcp_servers.get(target)
		return restarter ? [describeRestarter(restarter), `wait until the prober sees ${target} connected`] : []
	},
	async run({ settings }, { target, signal }) {
		const restarter = settings.restarters.mcp_servers.get(target)
		if (!restarter) throw new TypeError(`no restarter for ${target}`)
		await restart(restarter, settings.programEnv, signal)
		return { did: describeRestarter(restarter) }
	},
	verify: (ctx, { target }) => connected(ctx, target),
}
