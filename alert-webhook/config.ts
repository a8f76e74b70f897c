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

/** As express's `trust proxy` takes it. */
const network = z.union(
	[z.enum(["loopback", "linklocal", "uniquelocal"]), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
	{
		error: "expected addresses or networks with commas between, such as 10.0.0.7,192.168.0.0/16, or loopback",
	},
)

/** The receiver's environment. Secrets are best given as files, with `_FILE` behind their names. */
export const webhookEnvironment = z.object({
	DATABASE_URL: postgresUrl(),
	/** The monitored system's database, where its sessions are; default DATABASE_URL. */
	SOURCE_DATABASE_URL: postgresUrl().optional(),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
	/** Where people reach the console, for links and for whether cookies are kept to https. */
	WEBHOOK_URL: httpUrl().optional(),
	/** Proxies in front of the console, whose word on who asks is taken: addresses and networks, with commas between. */
	TRUST_PROXY: z.string().default("").transform(list).pipe(z.array(network)),
	...serverVariables,
	/** The bearer token that Prometheus presents when it scrapes. */
	METRICS_TOKEN: token(),
	/** The receiver of Alertmanager's that delivers here; alerts that it does not get are none of ours. */
	ALERTMANAGER_RECEIVER: z.string().min(1).default("observatory"),
	/** How often incidents are compared with what Alertmanager has. */
	RECONCILE_EVERY: duration("1m"),
	/** How long Alertmanager has to be without an alert before its incident is closed. */
	RECONCILE_CLOSE_AFTER: duration("5m"),
	GRAFANA_URL: httpUrl().default("http://127.0.0.1:3000"),
	WEBHOOK_TOKEN: secret("the token that Alertmanager presents"),
	/** What acknowledgement links in notifications are signed with; a key derived from WEBHOOK_TOKEN when left out. */
	LINK_SIGNING_KEY: secret("the key of acknowledgement links").optional(),
	/** What people sign in with. Without it nobody can, but alerts are kept all the same. */
	CONSOLE_TOKEN: secret("the token that people sign in with").optional(),
	/** Path of the YAML file that says what remediations may restart, and how. */
	REMEDIATION_CONFIG: z.string().optional(),
	/** What programs that remediations run find other programs by, and where they are at home. */
	PATH: z.string().default("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
	HOME: z.string().default("/"),
	/** Path of the YAML file that says who is told when nobody takes an incident. */
	ESCALATION_POLICIES: z.string().optional(),
	/** Names of channels that are told when the response itself needs people, with commas between them. */
	CRITICAL_CHANNELS: z
		.string()
		.default("pagerduty,slack-critical")
		.transform(list)
		.refine((names) => names.length > 0, "expected a channel: somebody has to be told when the response fails"),
	/** How often, and for how long, the effect of a remediation is looked for. */
	VERIFY_EVERY: duration("15s"),
	VERIFY_FOR: duration("5m"),
	/** Where local state lives. */
	OBSERVATORY_HOME: z.string().default(".observatory"),
	/** What the gate's hook reads on this host; default run/gate.json below OBSERVATORY_HOME. */
	GATE_FLAG_FILE: z.string().optional(),
	/** Settings of Claude Code that must have the gate's hook; the self-test fails when they have not. */
	GATE_SETTINGS_FILE: z.string().optional(),
	GITHUB_REPOSITORY: z
		.string()
		.regex(/^[\w.-]+\/[\w.-]+$/, "expected OWNER/NAME")
		.optional(),
	GITHUB_TOKEN: z.string().optional(),
	GITHUB_WORKFLOW: z.string().default("autonomous-analysis"),
	GITHUB_API_URL: httpUrl().default("https://api.github.com"),
	/** For tests only: the step at which this process kills itself, STEP or STEP:N for the N-th time. */
	CRASH_AT: z
		.string()
		.transform((text, ctx) => {
			const crash = parseCrash(text)
			if (crash) return crash
			const message = `expected STEP or STEP:N, with a step out of ${CRASH_POINTS.join(", ")}; not "${text}"`
			ctx.addIssue({ code: "custom", message })
			return z.NEVER
		})
		.optional(),
	OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
	LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
})
export type WebhookEnvironment = z.output<typeof webhookEnvironment>
