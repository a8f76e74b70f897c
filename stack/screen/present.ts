import type { Prometheus } from "../../core/clients/prometheus.ts"
import type { PartsRun } from "../parts/run.ts"
import { countTargets } from "./targets.ts"
import type { Display } from "./terminal.ts"
import { isSettled, type Targets, type View } from "./view.ts"

export interface Presented {
	/** Base URL of Prometheus, whose targets are counted. */
	readonly prometheus: Pick<Prometheus, "targets">
	readonly inboxChannels: () => readonly string[]
	/** Lines shown once everything runs. */
	readonly notes: readonly string[]
}

/** Longest wait for all targets before the summary is printed, in milliseconds. */
const SUMMARY_WITHIN_MS = 60_000

/** Updates the display once a second. The caller calls the result once everything has stopped. */
export function presentRun(display: Display, parts: PartsRun, run: Presented): (sentence: string) => void {
	let targets: Targets | undefined
	let asking = false
	let settledAt: number | undefined
	let summarised = false
	const view = (): View => ({
		parts: parts.statuses(),
		targets,
		inboxChannels: run.inboxChannels(),
		notes: settledAt === undefined ? [] : run.notes,
	})
	const refresh = async () => {
		if (asking) return
		asking = true
		const prometheus = parts.statuses().find(({ part }) => part.name === "prometheus")
		// While Prometheus does not answer, its own line reports it.
		targets =
			prometheus?.state === "up" ? await run.prometheus.targets().then(countTargets, () => undefined) : undefined
		asking = false
	}
	let ended = false
	display.show(view())
	const timer = setInterval(async () => {
		await refresh()
		if (ended) return
		if (isSettled(parts.statuses())) settledAt ??= performance.now()
		display.show(view())
		// During a stop there is no summary.
		if (summarised || settledAt === undefined || !isSettled(parts.statuses())) return
		const complete = targets === undefined || (targets.total > 0 && targets.up === targets.total)
		if (!complete && performance.now() - settledAt < SUMMARY_WITHIN_MS) return
		summarised = true
		display.summary(view())
	}, 1_000)
	return (sentence) => {
		ended = true
		clearInterval(timer)
		targets = undefined
		display.final({ ...view(), notes: [], inboxChannels: [] }, sentence)
	}
}
