import type { z } from "zod"
import type { AuditRow } from "../../alert-webhook/domain/audit-chain.ts"
import type { Verdict } from "../../alert-webhook/store/audit/verify.ts"
import type { Control } from "../../alert-webhook/store/control.ts"
import type { Message } from "../../alert-webhook/store/inbox.ts"
import type { getIncident } from "../../alert-webhook/store/incidents/get.ts"
import type { Incident as IncidentRow, ListIncidents } from "../../alert-webhook/store/incidents/list.ts"
import type { MaintenanceWindow } from "../../alert-webhook/store/maintenance.ts"
import type { policyInput } from "../../alert-webhook/store/remediations/policy.ts"
import type { createTokenInput, GivenToken } from "../../alert-webhook/store/tokens.ts"
import type { CHANGES } from "../../alert-webhook/web/api/control.ts"
import type { closeInput } from "../../alert-webhook/workflows/lifecycle/close.ts"
import type { remediations } from "../../core/db/schema/index.ts"
import { type Clock, systemClock } from "../../core/lib/clock.ts"
import { type AlertInput, alert, notification } from "./alert.ts"

export const WEBHOOK_TOKEN = "webhook-token-for-tests"
export const CONSOLE_TOKEN = "console-token-for-tests"

/** A value after its way through JSON. */
type Json<T> = T extends Date
	? string
	: T extends readonly (infer Item)[]
		? readonly Json<Item>[]
		: T extends object
			? { readonly [K in keyof T]: Json<T[K]> }
			: T

export type Incident = Json<IncidentRow>
export type IncidentDetails = Json<Awaited<ReturnType<typeof getIncident>>>
export type Remediation = Json<typeof remediations.$inferSelect>
export type ControlVerb = keyof typeof CHANGES
export type ControlChange = Omit<Json<Control>, "pending"> & {
	readonly pending: readonly string[]
	readonly gateOnly: readonly string[]
}
type Policy = z.input<typeof policyInput>
type Query = Readonly<Record<string, string | number>>

/** Limits of a remediation policy that no test reaches. */
export const UNLIMITED = { cooldownSeconds: 0, maxPerHour: 100, maxPerDay: 1_000, breakerFailures: 100 } as const

/** A maintenance window as the API takes it. Without a start it begins now. */
export interface WindowInput {
	readonly matchers: string | readonly string[]
	readonly startsAt?: string
	/** In an hour when left out. */
	readonly endsAt?: string
	readonly reason?: string
}

/** Every way in which tests use a webhook over HTTP: as Alertmanager, as an administrator and as a scraper. */
export interface WebhookClient {
	readonly url: string
	/** Any request with the console's token. */
	api(path: string, init?: RequestInit): Promise<Response>
	/** POST of JSON with the console's token. */
	post(path: string, body?: object, init?: RequestInit): Promise<Response>
	/** The JSON at a path. @throws Error with the answer when it is not 2xx */
	json<T>(path: string): Promise<T>
	/** The text of a page of the console. */
	page(path: string): Promise<string>

	/** Delivers a body as Alertmanager does. */
	deliver(body: unknown, options?: { path?: string; token?: string; signal?: AbortSignal }): Promise<Response>
	/** Delivers one notification about these alerts. */
	notify(...alerts: readonly AlertInput[]): Promise<Response>
	/** Delivers a notification for a channel that is not configured. */
	deliverTo(channel: string, body: unknown): Promise<Response>

	/** A page of incidents, newest first. */
	incidents(query?: ListIncidents): Promise<readonly Incident[]>
	/** The newest incident of an alert. */
	incidentOf(alertname: string): Promise<Incident | undefined>
	/** The id of the newest incident of an alert. @throws Error when there is none */
	idOf(alertname: string): Promise<number>
	incident(id: number): Promise<IncidentDetails>
	/** The kinds of an incident's timeline, oldest first. */
	timeline(id: number): Promise<readonly string[]>
	acknowledge(id: number): Promise<Response>
	close(id: number, body: z.input<typeof closeInput>): Promise<Response>

	/** Newest first. */
	remediations(): Promise<readonly Remediation[]>
	approve(id: number): Promise<Response>
	refuse(id: number): Promise<Response>
	/** @throws Error when the policy is refused */
	setPolicy(policy: Policy): Promise<void>

	/** What autonomous sessions may do, as they ask it, without a token. */
	control(): Promise<Pick<Json<Control>, "state" | "revision">>
	requestChange(verb: ControlVerb, reason?: string): Promise<Response>
	/** @throws Error when the change is refused */
	change(verb: ControlVerb, reason?: string): Promise<ControlChange>

	requestWindow(input: WindowInput): Promise<Response>
	/** @throws Error when the window is refused */
	openWindow(input: WindowInput): Promise<Json<MaintenanceWindow>>
	windows(): Promise<readonly Json<MaintenanceWindow>[]>
	endWindow(id: number): Promise<Response>

	/** Newest first. */
	inbox(query?: Query): Promise<{ readonly messages: readonly Json<Message>[]; readonly unread: number }>

	/** @throws Error when the token is refused */
	createToken(input: z.input<typeof createTokenInput>): Promise<Json<GivenToken>>
	requestToken(input: z.input<typeof createTokenInput>): Promise<Response>
	revokeToken(id: number): Promise<Response>
	/** Signs in by the console's form; `session` is the cookie, empty when the answer sets none. */
	signIn(form: { token: string; actor?: string }, headers?: Record<string, string>): Promise<SignIn>

	/** Newest first. */
	audit(query?: Query): Promise<readonly Json<AuditRow>[]>
	verifyAudit(): Promise<Verdict>

	/** The text at /metrics. */
	metrics(): Promise<string>
	/** The value of one series at /metrics, written as it is there; NaN when it is absent. */
	sample(series: string): Promise<number>
}

export interface SignIn {
	readonly status: number
	readonly session: string
	readonly text: string
	readonly headers: Headers
}

interface ClientOptions {
	readonly webhookToken?: string
	readonly consoleToken?: string
	/** The webhook's. */
	readonly clock?: Clock
	/** Called with each body before it is delivered. */
	readonly delivering?: ((body: unknown) => void) | undefined
}

/** A request that gets no answer fails by its own name, before the test that waits for it. */
const PATIENCE_MS = 120_000

/** A client of a webhook, with the tokens of `startTestWebhook` unless others are given. */
export function webhookClient(
	url: string,
	{ webhookToken = WEBHOOK_TOKEN, consoleToken = CONSOLE_TOKEN, clock = systemClock, delivering }: ClientOptions = {},
): WebhookClient {
	const ask = (path: string, init: RequestInit = {}) =>
		fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS), ...init })
	const api = (path: string, init: RequestInit = {}) =>
		ask(path, { ...init, headers: { authorization: `Bearer ${consoleToken}`, ...init.headers } })
	const post = (path: string, body: object = {}, init: RequestInit = {}) =>
		api(path, {
			...init,
			method: "POST",
			headers: { "content-type": "application/json", ...init.headers },
			body: JSON.stringify(body),
		})
	const json = async <T>(path: string) => read<T>(await api(path))
	const deliver: WebhookClient["deliver"] = (
		body,
		{ path = "/api/alertmanager", token = webhookToken, signal } = {},
	) => {
		delivering?.(body)
		return ask(path, {
			method: "POST",
			headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
			body: typeof body === "string" ? body : JSON.stringify(body),
			...(signal && { signal }),
		})
	}
	const incidents = async (query: ListIncidents = {}) =>
		(await json<{ incidents: Incident[] }>(`/api/incidents${search(query)}`)).incidents
	const incidentOf = async (alertname: string) => (await incidents({ alertname }))[0]
	const incident = (id: number) => json<IncidentDetails>(`/api/incidents/${id}`)
	const requestChange = (verb: ControlVerb, reason = "test") => post(`/api/control/${verb}`, { reason })
	const requestWindow = (input: WindowInput) =>
		post("/api/maintenance", {
			endsAt: new Date(clock.now() + 3_600_000).toISOString(),
			reason: "new disks",
			...input,
		})
	const requestToken: WebhookClient["requestToken"] = (input) => post("/api/tokens", input)
	const metrics = async () => (await ask("/metrics")).text()
	return {
		url,
		api,
		post,
		json,
		page: async (path) => (await api(path)).text(),
		deliver,
		notify: (...alerts) => deliver(notification(alerts.map(alert))),
		deliverTo: (channel, body) => deliver(body, { path: `/api/inbox/${channel}` }),
		incidents,
		incidentOf,
		async idOf(alertname) {
			const found = await incidentOf(alertname)
			if (!found) throw new Error(`there is no incident of ${alertname}`)
			return found.id
		},
		incident,
		timeline: async (id) => (await incident(id)).timeline.map(({ kind }) => kind),
		acknowledge: (id) => post(`/api/incidents/${id}/acknowledge`),
		close: (id, body) => post(`/api/incidents/${id}/close`, body),
		remediations: async () => (await json<{ remediations: Remediation[] }>("/api/remediations")).remediations,
		approve: (id) => post(`/api/remediations/${id}/approve`),
		refuse: (id) => post(`/api/remediations/${id}/refuse`),
		setPolicy: async (policy) => void (await read(await post("/api/remediation/policies", policy))),
		control: async () => read(await ask("/api/control")),
		requestChange,
		change: async (verb, reason) => read(await requestChange(verb, reason)),
		requestWindow,
		openWindow: async (input) => read(await requestWindow(input)),
		windows: async () => (await json<{ windows: Json<MaintenanceWindow>[] }>("/api/maintenance")).windows,
		endWindow: (id) => post(`/api/maintenance/${id}/end`),
		inbox: (query = {}) => json(`/api/inbox${search(query)}`),
		requestToken,
		createToken: async (input) => read(await requestToken(input)),
		revokeToken: (id) => post(`/api/tokens/${id}/revoke`),
		async signIn(form, headers = {}) {
			const body = new URLSearchParams(form)
			const response = await ask("/sign-in", { method: "POST", headers, body, redirect: "manual" })
			const session = response.headers.getSetCookie()[0]?.split(";")[0] ?? ""
			return { status: response.status, session, text: await response.text(), headers: response.headers }
		},
		audit: async (query = {}) => (await json<{ entries: Json<AuditRow>[] }>(`/api/audit${search(query)}`)).entries,
		verifyAudit: () => json("/api/audit/verify"),
		metrics,
		async sample(series) {
			const line = (await metrics()).split("\n").find((one) => one.startsWith(`${series} `))
			return line === undefined ? Number.NaN : Number(line.slice(series.length + 1))
		},
	}
}

const search = (query: object): string => {
	const text = new URLSearchParams(
		Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
	).toString()
	return text && `?${text}`
}

async function read<T>(response: Response): Promise<T> {
	if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`)
	return (await response.json()) as T
}
