import type { Random } from "./random.ts"

export type ServerName = "everything" | "memory"

/** One request to an MCP server. */
export type Request =
	| {
			readonly kind: "tool"
			readonly server: ServerName
			readonly name: string
			readonly args: Record<string, unknown>
	  }
	| { readonly kind: "resource"; readonly server: ServerName; readonly uri: string }

const tool = (server: ServerName, name: string, args: Record<string, unknown>): Request => ({
	kind: "tool",
	server,
	name,
	args,
})

/** The first call of a session or task: it creates an entity in the memory server. */
export const createEntity = (owner: string): Request =>
	tool("memory", "create_entities", {
		entities: [{ name: owner, entityType: "demo", observations: ["work began"] }],
	})

/** The last call of a session or task: it deletes the entity, so that the memory stays small. */
export const deleteEntity = (owner: string): Request => tool("memory", "delete_entities", { entityNames: [owner] })

/** A call that the memory server refuses: its entity does not exist. */
export const mistakenCall = (): Request =>
	tool("memory", "add_observations", { observations: [{ entityName: "never noted", contents: ["lost"] }] })

/** A plausible random request. */
export function planCall(random: Random, owner: string): Request {
	switch (random.int(0, 8)) {
		case 0:
			return tool("everything", "echo", { message: `analysing ${owner}` })
		case 1:
			return tool("everything", "get-structured-content", {
				location: random.pick(["New York", "Chicago", "Los Angeles"]),
			})
		case 2:
			return tool("everything", "trigger-long-running-operation", { duration: random.int(1, 2), steps: 2 })
		case 3:
			return { kind: "resource", server: "everything", uri: `demo://resource/dynamic/text/${random.int(1, 100)}` }
		case 4:
			return tool("memory", "search_nodes", { query: "demo" })
		case 5:
			return tool("memory", "read_graph", {})
		case 6:
			return tool("everything", "get-tiny-image", {})
		default:
			return tool("everything", "get-sum", { a: random.int(1, 1_000), b: random.int(1, 1_000) })
	}
}
