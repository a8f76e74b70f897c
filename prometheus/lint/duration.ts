import { parseDuration } from "../../core/lib/config.ts"

/** A duration as rules files and PromQL write it, with years of 365 days, in milliseconds; undefined for another text. */
export function durationMs(written: string): number | undefined {
	if (written === "0") return 0
	return parseDuration(written.replace(/^\d+y/, (years) => `${Number.parseInt(years, 10) * 365}d`))
}
