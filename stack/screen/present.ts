import type { PartsRun } from "../parts/run.ts"
import { askTargets } from "./targets.ts"
import type { Display } from "./terminal.ts"
import { isSettled, type Targets, type View } from "./view.ts"

export interface Presented {
	/** Prometheus, whose targets are counted. */
	readonly prometheusUrl: string
	readonly inboxChannels: () => readonly string[]
	/** What to tell once everything runs. */
	readonly notes: readonly string[]
}

/** Longest wait for targets before the summary is printed without all of them, in milliseconds. */
const SUMMARY_WITHIN_MS = 60_000

/** Keeps the display up to date, once a second. What it returns is called when everything has stopped. */
export function presentRun(display: Display, parts: PartsRun, what: Presented): (sentence: string) => void {
	let targets: Targets | undefined
	let asking = false
	let settledAt: number | undefined
	let summarised = false
	const view = (): View => ({
		parts: parts.statuses(),
		targets,
		inboxChannels: what.inboxChannels(),
		notes: settledAt === undefined ? [] : what.notes,
	})
	const refresh = async () => {
		if (asking) return
		asking = true
		const prometheus = parts.statuses().find(({ part }) => part.name === "prometheus")
		targets = prometheus?.state === "up" ? await askTargets(what.prometheusUrl) : undefined
		asking = false
	}
	let over = false
	display.show(view())
	const timer = setInterval(async () => {
		await refresh()
		if (over) return
		if (isSettled(parts.statuses())) settledAt ??= performance.now()
		display.show(view())
		// Once asked to stop, there is nothing to sum up any more.
		if (summarised || settledAt === undefined || !isSettled(parts.statuses())) return
		const complete = targets === undefined || (targets.total > 0 && targets.up === targets.total)
		if (!complete && performance.now() - settledAt < SUMMARY_WITHIN_MS) return
		summarised = true
		display.summary(view())
	}, 1_000)
	return (sentence) => {
		over = true
		clearInterval(timer)
		targets = undefined
		display.final({ ...view(), notes: [], inboxChannels: [] }, sentence)
	}
}
