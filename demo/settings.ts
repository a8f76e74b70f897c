import { z } from "zod"
import { httpUrl, type ListenAddress, listenAddress, postgresUrl, token } from "../core/lib/config.ts"

/** Environment variables of the demo and its command line. */
export const demoSettings = z.object({
	DATABASE_URL: postgresUrl(),
	/** OTLP endpoint of the spans; default the receiver at OTLP_LISTEN. */
	OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
	OTLP_LISTEN: listenAddress("127.0.0.1:4318"),
	/** Token of the OTLP receiver. */
	OTLP_TOKEN: token(),
	/** Base URL of alert-webhook's control state; without it the database alone decides. */
	WEBHOOK_URL: httpUrl().optional(),
	/** Folder of local state. */
	OBSERVATORY_HOME: z.string().default(".observatory"),
	/** File for the `mcpServers` of the demo; default `run/demo-mcp.json` in OBSERVATORY_HOME. */
	DEMO_MCP_CONFIG: z.string().optional(),
	DEMO_LISTEN: listenAddress("127.0.0.1:9465"),
	DEMO_MCP_LISTEN: listenAddress("127.0.0.1:9466"),
	/** Speed as a multiple of real time, for drills and tests. */
	DEMO_PACE: z.coerce.number().min(0.1).max(1_000).default(1),
	/** Whether sessions break rules by themselves, about once in two hours; drills count only what they break. */
	DEMO_VIOLATIONS: z.enum(["on", "off"]).default("on"),
	LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
})

export const cliSettings = demoSettings.pick({ OBSERVATORY_HOME: true, DEMO_LISTEN: true })

/** The address as an `http://` URL. */
export const urlOf = ({ host, port }: ListenAddress) => `http://${host.includes(":") ? `[${host}]` : host}:${port}`
