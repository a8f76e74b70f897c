import { readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { writeAtomic } from "../../core/lib/files.ts"
import { PART_STATES, type PartStatus } from "../parts/part.ts"

const lastExitSchema = z.object({ at: z.number(), how: z.string(), words: z.string() })
const partSchema = z.object({
	part: z.object({
		name: z.string(),
		title: z.string(),
		address: z.string().optional(),
		demo: z.boolean().optional(),
	}),
	service: z.boolean(),
	state: z.enum(PART_STATES),
	detail: z.string(),
	since: z.number(),
	restarts: z.number().optional(),
	retryAt: z.number().optional(),
	lastExit: lastExitSchema.optional(),
})
const statusSchema = z.object({ at: z.string(), parts: z.array(partSchema) })

/** What the runner last wrote of its parts, for programs beside it. */
export type RunStatus = z.output<typeof statusSchema>

const statusFile = (run: string): string => join(run, "status.json")

/** What the runner of this folder last said; undefined when it said nothing that can be read. */
export function readStatus(run: string): RunStatus | undefined {
	try {
		return statusSchema.parse(JSON.parse(readFileSync(statusFile(run), "utf8")))
	} catch {
		// Absent, or cut off: the callers have other sources, or say so.
		return undefined
	}
}

/** Keeps the status file up to date, at most twice a second; what cannot be written now is written later. */
export function keepStatusFile(
	run: string,
	statuses: () => readonly PartStatus[],
	signal: AbortSignal,
	write: typeof writeAtomic = writeAtomic,
): void {
	let written = ""
	const save = () => {
		const parts = statuses().map(({ part, ...status }) => {
			const { name, title, address, demo, kind } = part
			return { part: { name, title, address, demo }, service: kind === "service", ...status }
		})
		const content = JSON.stringify(parts)
		if (content === written) return
		try {
			write(statusFile(run), `${JSON.stringify({ at: new Date().toISOString(), parts })}\n`)
			written = content
		} catch {
			// No space, for example. The screen has it, and the next round tries again.
		}
	}
	save()
	// No periodic task: the last save must be complete when the runner ends, so the work is synchronous.
	const timer = setInterval(save, 500)
	signal.addEventListener("abort", () => {
		clearInterval(timer)
		save()
	})
}
