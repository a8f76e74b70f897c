import type { Prometheus } from "../../core/clients/prometheus.ts"
import type { PartsRun } from "../parts/run.ts"
import { countTargets } from "./targets.ts"
import type { Display } from "./terminal.ts"
import { isSettled, type Targets, type View } from "./view.ts"

export interface Presented {
	/** Base URL of Prometheus, whose targets are counted. */
	readonly prometheus: Pick<Prometheus, "targets">
	readonly inboxChannels: () => readonly string[]
	/** A link that signs in to the console once. */
	readonly signInLink: () => Promise<string>
	/** Lines shown once everything runs, with the link while it can be used. */
	readonly notes: (link: string | undefined) => readonly string[]
}

/** A link expires after 15 minutes; it leaves the screen a little earlier. */
const LINK_SHOWN_MS = 14 * 60_000

/** Longest wait for all targets before the summary is printed, in milliseconds. */
const SUMMARY_WITHIN_MS = 60_000

/** Updates the display once a second. The caller calls the result once everything has stopped. */
export function presentRun(display: Display, parts: PartsRun, run: Presented): (sentence: string) => void {
	let targets: Targets | undefined
	let asking = false
	let settledAt: number | undefined
	let link: { readonly url: string; readonly at: number } | undefined
	let summarised = false
	/** Everything has settled, and not long ago. */
	const isEarly = () => settledAt !== undefined && performance.now() - settledAt < SUMMARY_WITHIN_MS
	const currentLink = () => (link && performance.now() - link.at < LINK_SHOWN_MS ? link.url : undefined)
	const view = (): View => ({
		parts: parts.statuses(),
		targets,
		inboxChannels: run.inboxChannels(),
		notes: settledAt === undefined ? [] : run.notes(currentLink()),
	})
	const refresh = async () => {
		if (asking) return
		asking = true
		const webhook = parts.statuses().find(({ part }) => part.name === "webhook")
		if (link === undefined && webhook?.state === "up" && isEarly()) {
			// A machine that has just started everything may be slow, so a failure is repeated.
			const url = await run.signInLink().catch(() => undefined)
			if (url !== undefined) link = { url, at: performance.now() }
		}
		const prometheus = parts.statuses().find(({ part }) => part.name === "prometheus")
		// While Prometheus does not answer, its own line reports it.
		targets =
			prometheus?.state === "up" ? await run.prometheus.targets().then(countTargets, () => undefined) : undefined
		asking = false
	}
	let ended = false
	display.show(view())
	// No periodic task: the screen must stop changing at once when the run ends, in the middle of a round too.
	const timer = setInterval(async () => {
		if (isSettled(parts.statuses())) settledAt ??= performance.now()
		await refresh()
		if (ended) return
		display.show(view())
		// During a stop there is no summary.
		if (summarised || settledAt === undefined || !isSettled(parts.statuses())) return
		const complete = targets === undefined || (targets.total > 0 && targets.up === targets.total)
		const linked =
			link !== undefined || !parts.statuses().some(({ part, state }) => part.name === "webhook" && state === "up")
		if (!(complete && linked) && isEarly()) return
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
