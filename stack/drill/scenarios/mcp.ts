import { fault, quiet } from "../scenario.ts"

const lost = {
	alert: "mcp_connection_lost",
	labels: { server: "everything" },
	remediation: "succeeded",
} as const
/** Sessions that call the server fail meanwhile, and it is one of two. */
const alongside = ["mcp_server_degraded", "mcp_server_slow", "component_degraded"]

async function serverPid(world: Parameters<NonNullable<Parameters<typeof fault>[0]["restore"]>>[0]): Promise<number> {
	const { pid } = (await world.demoStatus()).mcpServer
	if (pid === null) throw new Error("the demo's MCP server does not run")
	return pid
}

export const MCP = [
	fault({
		name: "mcp-killed",
		about: "The MCP server's process ends and is not restarted; the automatic remediation has to bring it back.",
		breaks: ["mcp"],
		uses: ["exporters"],
		alongside,
		expects: [lost],
		inject: async (world) => void (await world.demo("break", "mcp")),
		restore: async (world) => void (await world.demo("repair", "mcp")),
	}),
	fault({
		name: "mcp-hanging",
		about: "The MCP server's process is frozen: it accepts connections and never answers.",
		breaks: ["mcp"],
		uses: ["exporters"],
		alongside,
		expects: [lost],
		inject: async (world) => void process.kill(await serverPid(world), "SIGSTOP"),
		restore: async (world) => void (await world.demo("repair", "mcp")),
	}),
	fault({
		name: "mcp-errors",
		about: "The MCP server answers each request with an error.",
		breaks: ["mcp"],
		uses: ["exporters"],
		alongside,
		expects: [lost],
		inject: async (world) => void process.kill(await serverPid(world), "SIGUSR2"),
		restore: async (world) => void (await world.demo("repair", "mcp")),
	}),
	quiet({
		name: "mcp-restarted",
		about: "The MCP server's process dies once, and its supervisor restarts it within a second.",
		breaks: ["mcp"],
		uses: ["exporters"],
		run: async (world) => void process.kill(await serverPid(world), "SIGKILL"),
		watchMs: 180_000,
	}),
]
