import { z } from "zod"
import {
	byteSize,
	type Env,
	httpUrl,
	type ListenAddress,
	listenAddress,
	loadConfig,
	postgresUrl,
	token,
} from "../core/lib/config.ts"
import { ObservatoryError } from "../core/lib/errors.ts"
import { loadMcpConfig } from "../core/lib/mcp-config.ts"
import { SCRAPED, type ScrapedGroup } from "./app.ts"
import { workers } from "./sources/processes/config.ts"
import { transcriptFolders } from "./sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices } from "./sources/transcripts/prices.ts"

/** The groups that a process collects and exposes, each of them the path of a scrape job. */
const groups = () =>
	z
		.string()
		.default(SCRAPED.join(","))
		.transform((text, ctx): readonly [ScrapedGroup, ...ScrapedGroup[]] => {
			const names = text.split(",").map((name) => name.trim())
			const unknown = names.find((name) => !SCRAPED.some((group) => group === name))
			const [first, ...others] = SCRAPED.filter((group) => names.includes(group))
			if (unknown === undefined && first !== undefined) return [first, ...others]
			ctx.addIssue({ code: "custom", message: `expected some of ${SCRAPED.join(", ")}, not "${unknown}"` })
			return z.NEVER
		})

/** Where OTLP over gRPC is received, or `off`; undefined when it is not said. */
const grpcListen = () => z.union([z.literal("off"), listenAddress("127.0.0.1:4317")])

/** Origins of pages, as browsers write them. */
const origins = () =>
	z
		.string()
		.default("")
		.transform((text, ctx): readonly string[] => {
			const found = text.split(/[\s,]+/).filter((origin) => origin !== "")
			const wrong = found.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin)
			if (wrong === undefined) return found
			const message = `expected origins such as https://app.example, separated by commas, not "${wrong}"`
			ctx.addIssue({ code: "custom", message })
			return z.NEVER
		})

/** Headers as `OTEL_EXPORTER_OTLP_HEADERS` has them: `name=value,name=value`, values percent-encoded. */
const headers = () =>
	z
		.string()
		.default("")
		.transform((text, ctx): Readonly<Record<string, string>> => {
			const pairs = text.split(",").filter((pair) => pair.trim() !== "")
			const found = pairs.map((pair) => /^\s*([\w-]+)\s*=\s*([\x20-\x7e]*?)\s*$/.exec(pair))
			try {
				if (found.every((match) => match !== null))
					return Object.fromEntries(
						found.map(([, name = "", value = ""]) => [name.toLowerCase(), decodeURIComponent(value)]),
					)
			} catch {
				// A value that is not percent-encoded as it should be.
			}
			// The value is a secret, so it is not shown.
			ctx.addIssue({
				code: "custom",
				message: "expected NAME=VALUE, several separated by commas, values percent-encoded",
			})
			return z.NEVER
		})

/** The variables that the exporters know, and their defaults. */
export const variables = z.object({
	DATABASE_URL: postgresUrl(),
	SOURCE_DATABASE_URL: postgresUrl().optional(),
	EXPORTERS_LISTEN: listenAddress("127.0.0.1:9464"),
	EXPORTERS_GROUPS: groups(),
	OTLP_LISTEN: listenAddress("127.0.0.1:4318"),
	/** By default port 4317 beside an OTLP_LISTEN on port 4318, and nowhere beside another one. */
	OTLP_GRPC_LISTEN: z.preprocess((text) => text ?? "", z.literal("").or(grpcListen())),
	/** The bearer token that senders of OTLP present; none leaves the receiver open to every program that reaches it. */
	OTLP_TOKEN: token(),
	/** Origins whose pages may send OTLP from a browser; none by default. */
	OTLP_CORS_ORIGINS: origins(),
	/** An OTLP/HTTP backend to which everything that is received is forwarded, and the headers that it asks for. */
	OTLP_FORWARD: httpUrl().optional(),
	OTLP_FORWARD_HEADERS: headers(),
	/** Whether received spans and log records are stored in the observatory database, for how long and how many. */
	TELEMETRY_STORE: z.enum(["on", "off"]).default("on"),
	TELEMETRY_STORE_DAYS: z.coerce.number("expected a number of days").int().min(1).max(365).default(7),
	TELEMETRY_STORE_BYTES: byteSize("5GiB"),
	/** Whether prompts, answers, tool arguments and results are stored with them. */
	TELEMETRY_STORE_CONTENT: z.enum(["on", "off"]).default("off"),
	/** The bearer token that Prometheus presents. */
	METRICS_TOKEN: token(),
	MCP_CONFIG: z.string().optional(),
	WORKERS: workers(),
	GITHUB_REPOSITORY: z
		.string()
		.regex(/^[^/\s]+\/[^/\s]+$/, "expected OWNER/NAME")
		.optional(),
	GITHUB_TOKEN: z.string().optional(),
	GITHUB_API_URL: httpUrl().default("https://api.github.com"),
	/** An admin key of the Anthropic organisation; with it its usage report is compared. */
	ANTHROPIC_ADMIN_KEY: z.string().optional(),
	CLAUDE_TRANSCRIPTS: z.string().optional(),
	CLAUDE_PRICES: z.string().default(defaultPriceFile()),
	OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
	LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
})

export type Variables = z.output<typeof variables>
export type Settings = Awaited<ReturnType<typeof readSettings>>

const PORTS = { http: 4318, grpc: 4317 }

function grpcAddress({ OTLP_GRPC_LISTEN: given, OTLP_LISTEN: { host, port } }: Variables): ListenAddress | undefined {
	if (given === "off") return undefined
	if (given !== "") return given
	return port === PORTS.http ? { host, port: PORTS.grpc } : undefined
}

/** @throws ObservatoryError `config_invalid` for our own address, which would send everything round and round */
function forwardOf({ OTLP_FORWARD: url, OTLP_FORWARD_HEADERS: headers, OTLP_LISTEN: own }: Variables) {
	if (url === undefined) return undefined
	const { hostname, port } = new URL(url)
	const isHere = ["127.0.0.1", "localhost", "[::1]", own.host].includes(hostname)
	if (isHere && Number(port) === own.port && own.port !== 0)
		throw new ObservatoryError("config_invalid", "OTLP_FORWARD is the address of this receiver itself", {
			advice: "Give the address of another OTLP/HTTP backend.",
		})
	return { url, headers }
}

/**
 * What the exporters are to do, from the environment and the files that it names.
 *
 * @throws ObservatoryError `config_invalid` or `file_unreadable`, for a person to read
 */
export async function readSettings(env: Env) {
	const config = loadConfig(variables, env)
	return {
		databaseUrl: config.DATABASE_URL,
		sourceUrl: config.SOURCE_DATABASE_URL ?? config.DATABASE_URL,
		listen: config.EXPORTERS_LISTEN,
		groups: config.EXPORTERS_GROUPS,
		/** Where the process speaks of itself: with health, which comes first, or with what there is. */
		ownGroup: config.EXPORTERS_GROUPS[0],
		otlpListen: config.OTLP_LISTEN,
		otlpGrpcListen: grpcAddress(config),
		otlpToken: config.OTLP_TOKEN,
		otlpCorsOrigins: config.OTLP_CORS_ORIGINS,
		otlpForward: forwardOf(config),
		telemetryStore:
			config.TELEMETRY_STORE === "off"
				? undefined
				: {
						retention: { days: config.TELEMETRY_STORE_DAYS, bytes: config.TELEMETRY_STORE_BYTES },
						content: config.TELEMETRY_STORE_CONTENT === "on",
					},
		metricsToken: config.METRICS_TOKEN,
		mcp: {
			file: config.MCP_CONFIG,
			servers: config.MCP_CONFIG === undefined ? [] : await loadMcpConfig(config.MCP_CONFIG, env),
			/** The values of the file's placeholders. */
			env,
		},
		workers: config.WORKERS,
		github: { repository: config.GITHUB_REPOSITORY, token: config.GITHUB_TOKEN, apiUrl: config.GITHUB_API_URL },
		adminKey: config.ANTHROPIC_ADMIN_KEY,
		transcripts: {
			roots: transcriptFolders(config.CLAUDE_TRANSCRIPTS, env),
			prices: await loadPrices(config.CLAUDE_PRICES),
		},
		/** Whether spans of ours are wanted; OpenTelemetry reads where they go, and how, by itself. */
		tracing: config.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
		logLevel: config.LOG_LEVEL,
	}
}
