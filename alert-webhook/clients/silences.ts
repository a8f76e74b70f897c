import { z } from "zod"
import type { Endpoint } from "../../core/clients/endpoint.ts"
import { alertmanagerApi } from "./alertmanager-api.ts"

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
export function createSilences(endpoint: Endpoint): Silences {
	const api = alertmanagerApi(endpoint)
	return {
		list: () => api.list("silences", silence),
		create: (wanted) => api.send("POST", "silences", wanted),
		expire: (id) => api.send("DELETE", `silence/${encodeURIComponent(id)}`),
	}
}
