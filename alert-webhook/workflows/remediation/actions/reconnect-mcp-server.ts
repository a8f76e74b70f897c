import { selector } from "../../../../core/catalogue/promql.ts"
import { mcpServerStatus } from "../../../../core/catalogue/subjects/mcp.ts"
import { describeLever, pullLever } from "../../../clients/restarters/restart.ts"
import type { Context } from "../../../context.ts"
import type { Action } from "./action.ts"

/** What the prober saw last: whether the server answers. */
async function connected({ outside }: Context, server: string): Promise<boolean> {
	const expr = selector({ of: mcpServerStatus, matchers: { server, status: "connected" } })
	const elements = await outside.prometheus.query(expr)
	return elements.length > 0 && elements.every(({ value }) => value === 1)
}

/** Brings an MCP server back that agents have lost. It has worked when the prober sees the server connected. */
export const reconnectMcpServer: Action = {
	describe: "Reconnect the MCP server",
	effect: "repairs",
	target: ({ labels }) => labels.server,
	precondition: async ({ settings }, { target }) =>
		!settings.levers.mcp_servers.has(target) ? `no way to restart the MCP server ${target} is configured` : undefined,
	async plan({ settings }, { target }) {
		const lever = settings.levers.mcp_servers.get(target)
		return lever ? [describeLever(lever), `wait until the prober sees ${target} connected`] : []
	},
	async run({ settings }, { target, signal }) {
		const lever = settings.levers.mcp_servers.get(target)
		if (!lever) throw new TypeError(`no lever for ${target}`)
		await pullLever(lever, settings.programEnv, signal)
		return { did: describeLever(lever) }
	},
	verify: (ctx, { target }) => connected(ctx, target),
}
