import type { PassedAlert } from "../alertmanager-proxy.ts"

interface Labels {
	/** None of what is about no incident. */
	readonly incident?: string | null
	readonly alertname?: string
}

/** A page, as its labels name it. */
export const pageOf = ({ incident, alertname }: Labels) => `${alertname} of incident ${incident ?? "none"}`

/** Requests for calls are about no incident, and share one name. */
export const isCall = (page: string) => page.startsWith("call_approval")

/** What a person heard of one page. Times in milliseconds since the epoch. */
export interface Heard {
	readonly incident: number
	readonly firing: readonly number[]
	readonly over: readonly number[]
}

/** All alerts that Alertmanager received, and all messages that it sent to people. */
export class Alerting {
	readonly #heard = new Map<string, { incident: number; firing: number[]; over: number[] }>()
	readonly #over = new Set<string>()
	/** Pages that were sent as firing after their end. */
	readonly disorder = new Set<string>()

	get heard(): ReadonlyMap<string, Heard> {
		return this.#heard
	}

	/** Alerts arrive at Alertmanager. A page that is sent again, such as after a maintenance window, has a start of its own. */
	pass(alerts: readonly PassedAlert[]): void {
		for (const { labels, startsAt, endsAt } of alerts) {
			const page = pageOf(labels)
			const sending = `${page} ${startsAt}`
			if (Date.parse(endsAt) <= Date.now()) this.#over.add(sending)
			else if (this.#over.has(sending)) this.disorder.add(page)
		}
	}

	/** Alertmanager pages. */
	page(notification: unknown): void {
		const { alerts } = notification as { alerts: { status: "firing" | "resolved"; labels: Labels }[] }
		for (const { status, labels } of alerts) {
			const page = pageOf(labels)
			const heard = this.#heard.get(page) ?? { incident: Number(labels.incident), firing: [], over: [] }
			this.#heard.set(page, heard)
			heard[status === "firing" ? "firing" : "over"].push(Date.now())
		}
	}
}
