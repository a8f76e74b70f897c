import type { ShownStatus } from "../parts/part.ts"

/** Everything that the screen shows, at one moment. */
export interface View {
	readonly parts: readonly ShownStatus[]
	/** Prometheus' scrape targets; undefined while it cannot be asked. */
	readonly targets: Targets | undefined
	/** Channels that have no secret: their notifications are delivered to the console's inbox. */
	readonly inboxChannels: readonly string[]
	readonly notes: readonly string[]
}

export interface Targets {
	readonly up: number
	readonly total: number
	/** Jobs that Prometheus has not come to yet. */
	readonly waiting: readonly string[]
	/** The jobs that are not up, with the reason that Prometheus gives. */
	readonly down: readonly string[]
}

/** Every part is where it stays for now: nothing is on its way. */
export function isSettled(parts: readonly ShownStatus[]): boolean {
	return parts.every(({ state }) => !["waiting", "starting", "stopping"].includes(state))
}
