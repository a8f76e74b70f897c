import { execFile } from "node:child_process"
import { createWriteStream, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { promisify } from "node:util"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { timeAt } from "./columns.ts"
import type { Past } from "./model.ts"
import { openMetrics } from "./openmetrics.ts"
import { HOUR } from "./timeline.ts"

/** A size of blocks that Prometheus makes itself; it does not compact blocks of this size with a retention of 30 days. */
const BLOCK_HOURS = 162
const BLOCK = BLOCK_HOURS * HOUR

const run = promisify(execFile)

/**
 * Writes the past as blocks of Prometheus into a folder, one after another, so that the text between never is large.
 *
 * @throws ObservatoryError `unavailable` when promtool refuses it
 */
export async function writeBlocks(
	past: Past,
	folder: string,
	promtool: string,
	report: (done: number, all: number) => void,
): Promise<void> {
	mkdirSync(folder, { recursive: true })
	const end = timeAt(past.grid, past.grid.count - 1)
	const first = Math.floor(past.grid.start / BLOCK)
	const all = Math.floor(end / BLOCK) - first + 1
	const text = join(folder, "past.om")
	for (let done = 0; done < all; done++) {
		report(done, all)
		const from = (first + done) * BLOCK
		await pipeline(Readable.from(openMetrics(past, from, from + BLOCK)), createWriteStream(text))
		const duration = `--max-block-duration=${BLOCK_HOURS}h`
		try {
			await run(promtool, ["tsdb", "create-blocks-from", "--quiet", duration, "openmetrics", text, folder])
		} catch (error) {
			throw new ObservatoryError("unavailable", `promtool cannot make blocks of the demo's past: ${messageOf(error)}`, {
				cause: error,
			})
		}
	}
	rmSync(text)
}
