import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js"
import type { Clock } from "../../../core/lib/clock.ts"

/** Limits for a server that never ends its list. */
const MOST_PAGES = 200
const MOST_TOOLS = 50_000
const LONGEST_MS = 60_000

/**
 * The number of a server's tools, by name, over all pages of its list. A cursor that is empty or was there before ends the
 * list; `cut` when the list was longer than is read.
 */
export async function countTools(
	client: Client,
	clock: Clock,
	options: { readonly signal: AbortSignal; readonly timeout: number },
): Promise<{ tools: number; cut: boolean }> {
	const until = clock.now() + LONGEST_MS
	const names = new Set<string>()
	const cursors = new Set<string>()
	let cursor: string | undefined
	for (let page = 0; page < MOST_PAGES && names.size < MOST_TOOLS && clock.now() < until; page++) {
		const request = { method: "tools/list", params: cursor === undefined ? {} : { cursor } } as const
		const result = await client.request(request, ListToolsResultSchema, options)
		for (const { name } of result.tools) names.add(name)
		cursor = result.nextCursor
		if (!cursor || cursors.has(cursor)) return { tools: names.size, cut: false }
		cursors.add(cursor)
	}
	return { tools: names.size, cut: true }
}
