import { z } from "zod"
import { type Endpoint, headersOf } from "../../core/clients/endpoint.ts"
import { request, requestJson } from "../../core/clients/request.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"

/** A silence in the form of Alertmanager's v2 API. */
export interface NewSilence {
	readonly matchers: readonly {
		readonly name: string
		readonly value: string
		readonly isRegex: boolean
		readonly isEqual: boolean
	}[]
	readonly startsAt: string
	readonly endsAt: string
	readonly createdBy: string
	readonly comment: string
}

const silence = z.object({
	id: z.string().min(1),
	comment: z.string(),
	createdBy: z.string().default(""),
	endsAt: z.string().default(""),
	matchers: z
		.array(z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) }))
		.default([]),
	status: z.object({ state: z.enum(["expired", "active", "pending"]) }),
})
export type Silence = z.output<typeof silence>

export interface Silences {
	/** @throws ObservatoryError */
	list(): Promise<readonly Silence[]>
	/** @throws ObservatoryError */
	create(silence: NewSilence): Promise<void>
	/** @throws ObservatoryError */
	expire(id: string): Promise<void>
}

/** Alertmanager's silences. */
export const createSilences = (endpoint: Endpoint): Silences => ({
	async list() {
		const url = `${endpoint.url}/api/v2/silences`
		const answer = await requestJson("Alertmanager", url, { headers: headersOf(endpoint) })
		const parsed = z.array(silence).safeParse(answer)
		if (parsed.success) return parsed.data
		throw new ObservatoryError("source_malformed", "Alertmanager's list of silences does not match its v2 API", {
			cause: parsed.error,
		})
	},
	async create(wanted) {
		await request("Alertmanager", `${endpoint.url}/api/v2/silences`, {
			method: "POST",
			headers: { ...headersOf(endpoint), "content-type": "application/json" },
			body: JSON.stringify(wanted),
		})
	},
	async expire(id) {
		await request("Alertmanager", `${endpoint.url}/api/v2/silence/${encodeURIComponent(id)}`, {
			method: "DELETE",
			headers: headersOf(endpoint),
		})
	},
})
