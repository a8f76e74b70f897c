import type { ListenAddress } from "../../../core/lib/config.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import { ask, authorityOf, type Question, type Reply } from "./ask.ts"
import { ok, type Risk, risk } from "./risk.ts"
import type { Installation } from "./settings.ts"

/** A listener of ours, and a request that only a caller with the credential may make. It changes nothing. */
export interface Listener {
	readonly title: string
	/** The variable of its address. */
	readonly variable: string
	readonly address: ListenAddress
	readonly question: Question
	/** The Authorization header that it wants; undefined when it is not known here. */
	readonly credential: string | undefined
	/** What its credential is called, and how to require one. */
	readonly asksFor: string
	readonly fix: string
	/** How bad it is without a credential on loopback. */
	readonly open: "high" | "medium"
	/** False for programs of others, which do not look at Host and Origin. */
	readonly checksOrigin: boolean
	/** A header that a well-known credential would make; it must be refused. */
	readonly wellKnown?: string
}

const FOREIGN = "http://observatory-doctor.example"
const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1"])
const WEB_CONFIG = "Start it with --web.config.file and a file of basic_auth_users, as npm start does."

/** The HTTP listeners of the product. */
export function listenersOf({ config, credentials }: Installation): Listener[] {
	const empty = { "content-type": "application/json" }
	return [
		{
			title: "Exporters",
			variable: "EXPORTERS_LISTEN",
			address: config.EXPORTERS_LISTEN,
			question: { path: "/metrics/health" },
			credential: credentials.metrics,
			asksFor: "METRICS_TOKEN",
			fix: "Set METRICS_TOKEN_FILE for the exporters and for Prometheus' scrape jobs.",
			open: "medium",
			checksOrigin: true,
		},
		{
			title: "OTLP receiver",
			variable: "OTLP_LISTEN",
			address: config.OTLP_LISTEN,
			question: { method: "POST", path: "/v1/traces", body: '{"resourceSpans":[]}', headers: empty },
			credential: credentials.otlp,
			asksFor: "OTLP_TOKEN",
			fix: "Set OTLP_TOKEN_FILE for the exporters, and the same token in the senders' OTEL_EXPORTER_OTLP_HEADERS.",
			open: "high",
			checksOrigin: true,
		},
		{
			title: "Webhook, its metrics",
			variable: "WEBHOOK_LISTEN",
			address: config.WEBHOOK_LISTEN,
			question: { path: "/metrics" },
			credential: credentials.metrics,
			asksFor: "METRICS_TOKEN",
			fix: "Set METRICS_TOKEN_FILE for the webhook and for Prometheus' scrape job.",
			open: "medium",
			checksOrigin: true,
		},
		{
			title: "Webhook, its API and console",
			variable: "WEBHOOK_LISTEN",
			address: config.WEBHOOK_LISTEN,
			question: { path: "/api/incidents" },
			// The console's token is not presented: a wrong one counts as an attempt to sign in.
			credential: undefined,
			asksFor: "a token of a person",
			fix: "Update alert-webhook: its API must never answer without a token.",
			open: "high",
			checksOrigin: true,
		},
		{
			title: "Prometheus",
			variable: "PROMETHEUS_LISTEN",
			address: config.PROMETHEUS_LISTEN,
			question: { path: "/api/v1/status/buildinfo" },
			credential: credentials.prometheus,
			asksFor: "PROMETHEUS_PASSWORD",
			fix: WEB_CONFIG,
			open: "high",
			checksOrigin: false,
		},
		{
			title: "Alertmanager",
			variable: "ALERTMANAGER_LISTEN",
			address: config.ALERTMANAGER_LISTEN,
			question: { path: "/api/v2/status" },
			credential: credentials.alertmanager,
			asksFor: "ALERTMANAGER_PASSWORD",
			fix: WEB_CONFIG,
			open: "high",
			checksOrigin: false,
		},
		{
			title: "Grafana",
			variable: "GRAFANA_LISTEN",
			address: config.GRAFANA_LISTEN,
			question: { path: "/api/datasources" },
			credential: credentials.grafana,
			asksFor: "the administrator's password",
			fix: "Turn anonymous access off, and give admin another password: grafana cli admin reset-admin-password.",
			open: "high",
			checksOrigin: false,
			wellKnown: `Basic ${Buffer.from("admin:admin").toString("base64")}`,
		},
		{
			title: "Demo, its switches",
			variable: "DEMO_LISTEN",
			address: config.DEMO_LISTEN,
			question: { path: "/status" },
			credential: credentials.demo,
			asksFor: "the demo's token",
			fix: "Update the demo: its switches must never answer without the token.",
			open: "high",
			checksOrigin: true,
		},
		{
			title: "Demo, its MCP server",
			variable: "DEMO_MCP_LISTEN",
			address: config.DEMO_MCP_LISTEN,
			// Without a session it answers 400; the question is only whether it is asked at all.
			question: { path: "/mcp", headers: { accept: "text/event-stream" } },
			credential: credentials.mcp,
			asksFor: "the token of demo-mcp.json",
			fix: "Update the demo: its MCP server has tools that print its environment and fetch addresses.",
			open: "high",
			checksOrigin: true,
		},
	]
}

/** Asks a listener the way its clients, strangers and web pages would. */
export async function examineListener(listener: Listener): Promise<Risk[]> {
	const { title, address, question, credential, asksFor } = listener
	const where = `${title} at http://${authorityOf(address)}`
	const put = (headers: Record<string, string>) =>
		ask(address, { ...question, headers: { ...question.headers, ...headers } })
	try {
		const stranger = await put({})
		if (stranger === undefined) return [ok(`${where}: nothing listens`)]
		const withCredential = credential === undefined ? undefined : await put({ authorization: credential })
		return [
			...examineAddress(listener, where),
			...examineStranger(listener, where, stranger),
			...(await examineGuesses(listener, where, put, stranger)),
			...(withCredential !== undefined && refuses(withCredential) && refuses(stranger)
				? [
						risk(
							"low",
							`${where} refuses the credential that is known here (${asksFor}), so only a part was checked`,
							"Give this command the credential of the running server.",
						),
					]
				: []),
			...(await examinePages(listener, where, put)),
		]
	} catch (error) {
		return [risk("low", `${where} could not be checked: ${messageOf(error)}`, "Look at what listens there: ss -ltnp")]
	}
}

const refuses = ({ status }: Reply) => status === 401 || status === 403

/** People are sent to the sign-in. */
const isOpen = (reply: Reply) => !refuses(reply) && !(reply.status >= 300 && reply.status < 400)

function examineAddress({ address: { host, port }, variable }: Listener, where: string): Risk[] {
	if (LOOPBACK.has(host)) return []
	return [
		risk(
			"medium",
			`${where} is reachable from other machines, without encryption`,
			`Set ${variable}=127.0.0.1:${port}, and put a proxy with TLS in front of what others shall see.`,
		),
	]
}

function examineStranger(listener: Listener, where: string, stranger: Reply): Risk[] {
	const { address, asksFor, fix, open } = listener
	if (!isOpen(stranger)) return [ok(`${where} asks for ${asksFor}`)]
	const severity = LOOPBACK.has(address.host) ? open : "high"
	return [risk(severity, `${where} answers every caller, without a credential`, fix)]
}

/** A door that opens for any key is no door. */
async function examineGuesses(
	{ wellKnown, fix, credential }: Listener,
	where: string,
	put: (headers: Record<string, string>) => Promise<Reply | undefined>,
	stranger: Reply,
): Promise<Risk[]> {
	if (isOpen(stranger)) return []
	const guess = wellKnown ?? (credential?.startsWith("Basic") ? "Basic eDp4" : "Bearer not-the-token-of-this-listener")
	// The API counts wrong tokens, and would stop answering the owner.
	if (credential === undefined && wellKnown === undefined) return []
	const guessed = await put({ authorization: guess })
	if (guessed === undefined || !isOpen(guessed)) return []
	return [risk("high", `${where} accepts a credential that everyone can guess`, fix)]
}

/** What a page of another site, or one whose name was rebound to this machine, could do with the owner's browser. */
async function examinePages(
	{ credential, checksOrigin, address, asksFor }: Listener,
	where: string,
	put: (headers: Record<string, string>) => Promise<Reply | undefined>,
): Promise<Risk[]> {
	const known = credential === undefined ? {} : { authorization: credential }
	const page = await put({ ...known, origin: FOREIGN })
	const risks: Risk[] = []
	const allowed = page?.headers["access-control-allow-origin"]
	if (allowed === FOREIGN || (allowed === "*" && page !== undefined && credential === undefined && isOpen(page)))
		risks.push(
			risk("high", `${where} lets pages of every site read its answers`, "Restrict its CORS setting to no origin."),
		)
	if (checksOrigin) {
		if (page !== undefined && !refuses(page))
			risks.push(
				risk("high", `${where} answers requests from pages of other sites`, "Update it: Origin is not checked."),
			)
		const rebound = await put({ ...known, host: "observatory-doctor.example" })
		if (rebound !== undefined && LOOPBACK.has(address.host) && !refuses(rebound))
			risks.push(risk("high", `${where} answers to names of other sites`, "Update it: Host is not checked."))
		if (risks.length === 0) risks.push(ok(`${where} refuses pages and names of other sites`))
	} else if (page !== undefined && !refuses(page) && credential !== undefined)
		risks.push(
			risk(
				"low",
				`${where} does not check Origin: a browser that has stored ${asksFor} sends it for pages of other sites too`,
				"Open it in a private window, and do not let the browser store the password.",
			),
		)
	return risks
}
