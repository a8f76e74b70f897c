import { execFile } from "node:child_process"
import { createWriteStream, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { promisify } from "node:util"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { HOUR } from "./timeline.ts"

/** A size of blocks that Prometheus makes itself; it does not compact blocks of this size with a retention of 30 days. */
const BLOCK_HOURS = 162
const BLOCK = BLOCK_HOURS * HOUR

const run = promisify(execFile)

/** Samples that become blocks. */
export interface Samples {
	/** Times of the first and the last one, in seconds since the epoch. */
	readonly start: number
	readonly end: number
	/** Those from a time up to, but not including, another, as OpenMetrics. */
	between(from: number, to: number): Iterable<string>
}

/**
 * Writes samples as blocks of Prometheus into a folder, one after another, so that the text between never is large.
 *
 * @throws ObservatoryError `unavailable` when promtool refuses them
 */
export async function writeBlocks(
	{ start, end, between }: Samples,
	folder: string,
	promtool: string,
	report: (done: number, all: number) => void,
): Promise<void> {
	mkdirSync(folder, { recursive: true })
	const first = Math.floor(start / BLOCK)
	const all = Math.floor(end / BLOCK) - first + 1
	const text = join(folder, "past.om")
	for (let done = 0; done < all; done++) {
		report(done, all)
		const from = (first + done) * BLOCK
		await pipeline(Readable.from(between(from, from + BLOCK)), createWriteStream(text))
		const duration = `--max-block-duration=${BLOCK_HOURS}h`
		try {
			await run(promtool, ["tsdb", "create-blocks-from", "--quiet", duration, "openmetrics", text, folder])
		} catch (error) {
			throw new ObservatoryError("unavailable", `promtool cannot make blocks of the past: ${messageOf(error)}`, {
				cause: error,
			})
		}
	}
	rmSync(text)
}
