import { z } from "zod"
import { type Endpoint, headersOf } from "../../core/clients/endpoint.ts"
import { request, requestJson } from "../../core/clients/request.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { type ActiveAlert, activeAlert } from "../domain/active-alert.ts"

/** An alert in the form of Alertmanager's v2 API. */
export interface PostedAlert {
	readonly labels: Readonly<Record<string, string>>
	readonly annotations: Readonly<Record<string, string>>
	readonly startsAt: string
	readonly endsAt: string
	readonly generatorURL: string
}

export interface Alertmanager {
	/** @throws ObservatoryError */
	post(alerts: readonly PostedAlert[]): Promise<void>
	/** Every alert that has not ended, also silenced and inhibited ones. @throws ObservatoryError */
	active(): Promise<readonly ActiveAlert[]>
	/** The names of its receivers. @throws ObservatoryError */
	receivers(): Promise<readonly string[]>
	/** Its configuration as YAML, without secrets. @throws ObservatoryError */
	configuration(): Promise<string>
}

export const createAlertmanager = (endpoint: Endpoint): Alertmanager => ({
	async post(alerts) {
		await request("Alertmanager", `${endpoint.url}/api/v2/alerts`, {
			method: "POST",
			headers: { ...headersOf(endpoint), "content-type": "application/json" },
			body: JSON.stringify(alerts),
		})
	},
	active: () => read(endpoint, "/api/v2/alerts", z.array(activeAlert), "alerts"),
	async receivers() {
		const receivers = await read(endpoint, "/api/v2/receivers", z.array(z.object({ name: z.string() })), "receivers")
		return receivers.map(({ name }) => name)
	},
	async configuration() {
		const status = z.object({ config: z.object({ original: z.string() }) })
		return (await read(endpoint, "/api/v2/status", status, "settings")).config.original
	},
})

async function read<T>(endpoint: Endpoint, path: string, schema: z.ZodType<T>, what: string): Promise<T> {
	const headers = headersOf(endpoint)
	const parsed = schema.safeParse(await requestJson("Alertmanager", `${endpoint.url}${path}`, { headers }))
	if (parsed.success) return parsed.data
	throw new ObservatoryError("source_rejected", `Alertmanager's list of ${what} does not match its v2 API`, {
		cause: parsed.error,
	})
}
