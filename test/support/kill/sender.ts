import { setTimeout as sleep } from "node:timers/promises"
import { webhookClient } from "../webhook-client.ts"
import { type Delivery, deliveriesOf, type Random, type Said } from "./stories.ts"

/** Stories in one notification. */
export const GROUP = 4
/** The longest pause between two of them. */
const PACE_MS = 400

/** Everything that was answered with 200, and how it came to that. */
export class Acknowledged {
	readonly alerts = new Map<string, Said>()
	readonly messages = new Set<string>()
	/** Notifications. */
	accepted = 0
	/** Deliveries that were not answered, or not with 200, and were retried. */
	retried = 0
	/** Groups of stories that were started; each of them is sent to its end. */
	groups = 0
	/** Answers that Alertmanager would take as final, and drop the notification. */
	readonly refused: string[] = []

	take({ said, message }: Delivery): void {
		this.accepted++
		if (message !== undefined) this.messages.add(message)
		for (const one of said) this.alerts.set(`${one.fingerprint} ${one.startsAt} ${one.status}`, one)
	}
}

type NextGroup = () => Promise<number | undefined>

/** Two Alertmanagers that are given the same groups, one after the other, until there were enough. */
export function pair(acknowledged: Acknowledged, enough: () => boolean): [NextGroup, NextGroup] {
	const given: number[] = []
	const next = (): NextGroup => {
		let at = 0
		return async () => {
			if (at === given.length) {
				if (enough()) return undefined
				given.push(acknowledged.groups++)
			}
			return given[at++]
		}
	}
	return [next(), next()]
}

/**
 * Delivers groups of stories as an Alertmanager does: in order, and again and again until the answer is 200.
 * `groups` gives the next one; undefined ends it.
 */
export async function send(url: string, groups: NextGroup, acknowledged: Acknowledged, random: Random): Promise<void> {
	for (let group = await groups(); group !== undefined; group = await groups())
		for (const delivery of deliveriesOf(group, GROUP, random)) {
			await deliver(url, delivery, acknowledged)
			await sleep(random() * PACE_MS)
		}
}

async function deliver(url: string, delivery: Delivery, acknowledged: Acknowledged): Promise<void> {
	for (const until = Date.now() + 120_000; ; ) {
		const status = await post(url, delivery)
		if (status === 200) return acknowledged.take(delivery)
		if (status !== undefined && status < 500) acknowledged.refused.push(`${status} for ${delivery.path}`)
		if (Date.now() > until) throw new Error(`a notification was not accepted within two minutes: ${status}`)
		acknowledged.retried++
		await sleep(100)
	}
}

/** The status; undefined when there was no whole answer. */
async function post(url: string, { path, body }: Delivery): Promise<number | undefined> {
	try {
		const response = await webhookClient(url).deliver(body, { path, signal: AbortSignal.timeout(20_000) })
		await response.arrayBuffer()
		return response.status
	} catch {
		return undefined
	}
}
