import type { OnsetCertainty } from "../../../core/db/schema/index.ts"

/** What is known about the beginning of an incident; times in milliseconds since the epoch. */
export interface OnsetEvidence {
	readonly firedAt: number
	readonly receivedAt: number
	/** The first evaluation for which the condition was true. */
	readonly pendingAt: number | undefined
	/** When the source last saw it well, by its own timestamp. */
	readonly sourceAt: number | undefined
	/** When a scrape last succeeded, for an alert on failed scrapes. */
	readonly scrapedAt: number | undefined
	/** When Prometheus, and what it scrapes, started. */
	readonly starts: { readonly prometheus: number | undefined; readonly sources: readonly number[] }
}

/** Where an onset comes from. */
export type OnsetOrigin = "source" | "scrape" | "rule" | "restart" | "alert"

export interface Onset {
	readonly at: number
	readonly certainty: OnsetCertainty
	readonly from: OnsetOrigin
	readonly pendingAt: number | undefined
}

/** A source that last saw it well longer ago than this saw something else than this fault. */
const SOURCE_KNOWS_MS = 3 * 60_000
/** A condition that is true so soon after a start may have been true before it. */
const AFTER_START_MS = 2 * 60_000

/**
 * The onset of an incident: the last time at which its source saw it well, or else the first evaluation for which the
 * condition was true. It is bounded, and not measured, where Prometheus does not know the alert, and where it or what it
 * scrapes had only just started: the time in which we did not watch is no part of the detection.
 */
export function decideOnset({ firedAt, receivedAt, pendingAt, starts, ...seen }: OnsetEvidence): Onset {
	if (pendingAt === undefined || pendingAt > firedAt)
		return { at: firedAt, certainty: "bounded", from: "alert", pendingAt: undefined }
	const good = (["source", "scrape"] as const).flatMap((from) => {
		const at = from === "source" ? seen.sourceAt : seen.scrapedAt
		return at !== undefined && at <= pendingAt && at >= pendingAt - SOURCE_KNOWS_MS ? [{ at, from }] : []
	})
	const known = good[0] ?? { at: pendingAt, from: "rule" as const }
	const isSoonAfter = (start: number) => start <= pendingAt && pendingAt - start < AFTER_START_MS
	const isMeanwhile = (start: number) => start > known.at && start <= receivedAt
	const began = [
		...(starts.prometheus === undefined ? [] : [starts.prometheus].filter((at) => isSoonAfter(at) || isMeanwhile(at))),
		...starts.sources.filter(isSoonAfter),
	]
	if (began.length === 0) return { ...known, certainty: "measured", pendingAt }
	return { at: Math.max(known.at, ...began), certainty: "bounded", from: "restart", pendingAt }
}
