import { open } from "node:fs/promises"
import { z } from "zod"
import { printable } from "../../core/lib/plain-text.ts"

const MOST_BYTES = 64 * 1_024

const text = (longest: number) => z.string().transform((given) => printable(given).slice(0, longest))
const status = z.object({
	at: z.iso.datetime(),
	parts: z
		.array(
			z.object({
				part: z.object({ name: text(50), title: text(100) }),
				state: text(20),
				detail: text(300),
				since: z.number().int().nonnegative().max(8.64e15),
				restarts: z.number().int().nonnegative().optional(),
			}),
		)
		.max(50),
})

/** A part of the local run, as the runner supervises it. */
export interface RunnerPart {
	readonly name: string
	readonly title: string
	readonly state: string
	readonly detail: string
	/** Milliseconds since the epoch. */
	readonly since: number
	readonly restarts: number
}

/** What the local runner last wrote about its parts. */
export interface RunnerStatus {
	/** The time of the last change. */
	readonly at: string
	readonly parts: readonly RunnerPart[]
}

/** Reads the runner's status file; undefined without one that can be read: it runs elsewhere, or in containers. */
export async function readRunner(file: string): Promise<RunnerStatus | undefined> {
	try {
		const { at, parts } = status.parse(JSON.parse(await beginning(file)))
		return { at, parts: parts.map(({ part, restarts = 0, ...rest }) => ({ ...part, ...rest, restarts })) }
	} catch {
		return undefined
	}
}

/** A longer file is cut off, and then is no JSON. */
async function beginning(file: string): Promise<string> {
	const handle = await open(file)
	try {
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0)
		return buffer.toString("utf8", 0, bytesRead)
	} finally {
		await handle.close()
	}
}
