import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { request, requestJson } from "./fetch.ts"

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
export const createSilences = (url: string): Silences => ({
	async list() {
		const parsed = z.array(silence).safeParse(await requestJson("Alertmanager", `${url}/api/v2/silences`))
		if (parsed.success) return parsed.data
		throw new ObservatoryError("source_malformed", "Alertmanager's list of silences does not match its v2 API", {
			cause: parsed.error,
		})
	},
	async create(wanted) {
		await request("Alertmanager", `${url}/api/v2/silences`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(wanted),
		})
	},
	async expire(id) {
		await request("Alertmanager", `${url}/api/v2/silence/${encodeURIComponent(id)}`, { method: "DELETE" })
	},
})
