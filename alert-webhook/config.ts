import { hostname } from "node:os"
import { z } from "zod"
import { serverVariables } from "../core/clients/endpoint.ts"
import { duration, httpUrl, listenAddress, postgresUrl, token } from "../core/lib/config.ts"
import { CRASH_POINTS, parseCrash } from "./domain/crash-points.ts"

const secret = (what: string) =>
	z
		.string({ error: `missing: ${what}` })
		.min(16, "expected at least 16 characters, better 32 random ones")
		.regex(/^\S+$/, "expected no white space")

const list = (text: string): string[] =>
	text
		.split(",")
		.map((part) => part.trim())
		.filter(Boolean)

/** In the form of express's `trust proxy`. */
const network = z.union(
	[z.enum(["loopback", "linklocal", "uniquelocal"]), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
	{
		error: "expected addresses or networks with commas between, such as 10.0.0.7,192.168.0.0/16, or loopback",
	},
)

/** The receiver's environment. Secrets are best given as files, with `_FILE` after their names. */
export const webhookEnvironment = z.object({
	DATABASE_URL: postgresUrl(),
	/** The monitored database, with the sessions; default DATABASE_URL. */
	SOURCE_DATABASE_URL: postgresUrl().optional(),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
	/** The console's address, for links and for whether cookies are https only. */
	WEBHOOK_URL: httpUrl().optional(),
	/** Trusted proxies in front of the console: addresses and networks, separated by commas. */
	TRUST_PROXY: z.string().default("").transform(list).pipe(z.array(network)),
	...serverVariables,
	/** The bearer token that Prometheus presents when it scrapes. */
	METRICS_TOKEN: token(),
	/** Alertmanager's receiver that delivers here; alerts of other receivers are ignored. */
	ALERTMANAGER_RECEIVER: z.string().min(1).default("observatory"),
	/** How often incidents are compared with what Alertmanager has. */
	RECONCILE_EVERY: duration("1m"),
	/** How long an alert has to be missing in Alertmanager before its incident is closed. */
	RECONCILE_CLOSE_AFTER: duration("5m"),
	/** How long no heartbeat from Prometheus may arrive before people are paged; longer than a restart of it takes. */
	HEARTBEAT_LOST_AFTER: duration("5m"),
	/** Grafana's address for links; without it the console links to its own boards only. */
	GRAFANA_URL: httpUrl().optional(),
	/** The folder of the boards that the console shows, as Grafana's JSON; default grafana/dashboards. */
	BOARDS_FOLDER: z.string().optional(),
	/** The database that boards read with SQL, through a role that may only read it; without it such panels are empty. */
	BOARDS_DATABASE_URL: postgresUrl().optional(),
	/** The observatory database, through a role that may only read stored spans and log records, for the boards of them. */
	BOARDS_TELEMETRY_URL: postgresUrl().optional(),
	WEBHOOK_TOKEN: secret("the token that Alertmanager presents"),
	/** The key that signs acknowledgement links in notifications; derived from WEBHOOK_TOKEN when absent. */
	LINK_SIGNING_KEY: secret("the key of acknowledgement links").optional(),
	/** The token for the sign-in. Without it the console is closed, but alerts are stored all the same. */
	CONSOLE_TOKEN: secret("the token that people sign in with").optional(),
	/** Path of the YAML file of restart targets. */
	REMEDIATION_CONFIG: z.string().optional(),
	/** Path of the YAML file of a stop's brakes: limits at the model's side, and sessions' processes. */
	BRAKES_CONFIG: z.string().optional(),
	/** PATH and HOME of the programs that remediations run. */
	PATH: z.string().default("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
	HOME: z.string().default("/"),
	/** Path of the YAML file of escalation policies. */
	ESCALATION_POLICIES: z.string().optional(),
	/** Channels of pages about the response itself, separated by commas. */
	CRITICAL_CHANNELS: z
		.string()
		.default("pagerduty,slack-critical")
		.transform(list)
		.refine((names) => names.length > 0, "expected a channel: a failure of the response must reach a person"),
	/** How often, and for how long, a remediation's effect is checked. */
	VERIFY_EVERY: duration("15s"),
	VERIFY_FOR: duration("5m"),
	/** Where local state lives. */
	OBSERVATORY_HOME: z.string().default(".observatory"),
	/** The file that the gate's hook reads on this host; default run/gate.json below OBSERVATORY_HOME. */
	GATE_FLAG_FILE: z.string().optional(),
	/** Settings of Claude Code that must have the gate's hook; the self-test fails without it. */
	GATE_SETTINGS_FILE: z.string().optional(),
	/** The token that hosts with `npm run gate -- follow` share with the webhook; without it they are not challenged. */
	GATE_TOKEN: token(),
	/** The name of this host among those whose gate is challenged; default its own. */
	GATE_HOST: z.string().min(1).max(100).default(hostname()),
	/** Path of the YAML file of rules for tool calls that need a person; without it none does. */
	APPROVAL_RULES: z.string().optional(),
	GITHUB_REPOSITORY: z
		.string()
		.regex(/^[\w.-]+\/[\w.-]+$/, "expected OWNER/NAME")
		.optional(),
	GITHUB_TOKEN: z.string().optional(),
	GITHUB_WORKFLOW: z.string().default("autonomous-analysis"),
	GITHUB_API_URL: httpUrl().default("https://api.github.com"),
	/** For tests only: the crash point at which this process kills itself, POINT or POINT:N for the N-th time. */
	CRASH_AT: z
		.string()
		.transform((text, ctx) => {
			const crash = parseCrash(text)
			if (crash) return crash
			const message = `expected POINT or POINT:N, with a point out of ${CRASH_POINTS.join(", ")}; not "${text}"`
			ctx.addIssue({ code: "custom", message })
			return z.NEVER
		})
		.optional(),
	OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
	LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
})
export type WebhookEnvironment = z.output<typeof webhookEnvironment>
