import { sessionStateAge, sessionsByState } from "../../../core/catalogue/subjects/session-states.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { isMissing } from "../../../core/lib/files.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { sample } from "../../../core/metrics/samples.ts"
import { listTranscripts, readChunk, type TranscriptFile } from "../transcripts/files.ts"
import { fromTranscript } from "./from-transcript.ts"
import { FORGET_MS, type StateTracker } from "./tracker.ts"

/** Of a transcript that is seen for the first time, how much of its end is read: more than a memory holds. */
const TAIL_BYTES = 512 * 1024
/** Limit of bytes read by one run; the next run continues. */
const RUN_BYTES = 32 * 1024 * 1024

interface Position {
	readonly identity: string
	readonly readTo: number
}

/**
 * The states of sessions, from transcripts and whatever else feeds the tracker. Nothing of it is stored: after a start, the
 * ends of the transcripts of the last day say the same again.
 */
export function stateCollector(options: {
	/** Folders of projects, such as `~/.claude/projects`. */
	readonly roots: readonly string[]
	readonly tracker: StateTracker
	readonly clock: Clock
	readonly intervalMs?: number
}): Collector {
	const { roots, tracker, clock, intervalMs = 10_000 } = options
	let positions = new Map<string, Position>()

	/** Reads what is new in a file; returns how many bytes. */
	const readNew = async (file: TranscriptFile, most: number, signal: AbortSignal): Promise<number> => {
		const known = positions.get(file.path)
		const continued = known?.identity === file.identity && known.readTo <= file.size
		const start = continued ? known.readTo : Math.max(0, file.size - TAIL_BYTES)
		let readTo = start
		while (readTo < file.size && readTo - start < most) {
			signal.throwIfAborted()
			const chunk = await readChunk(file.path, readTo)
			for (const line of chunk.lines) for (const event of fromTranscript(line, file)) tracker.add(event)
			readTo = chunk.readTo
			if (chunk.atEnd) break
		}
		positions.set(file.path, { identity: file.identity, readTo })
		return readTo - start
	}

	const readAll = async (signal: AbortSignal) => {
		const { files } = await listTranscripts(roots)
		const recent = files.filter(({ changedAt }) => changedAt > clock.now() - FORGET_MS)
		const paths = new Set(recent.map((file) => file.path))
		positions = new Map([...positions].filter(([path]) => paths.has(path)))
		let budget = RUN_BYTES
		for (const file of recent) {
			signal.throwIfAborted()
			if (budget <= 0) return
			try {
				budget -= await readNew(file, budget, signal)
			} catch (error) {
				// The transcripts' own collector reports a file that cannot be read.
				if (!isMissing(error) && !isFileError(error)) throw error
			}
		}
	}

	return {
		name: "session_states",
		group: "autonomous",
		emits: [sessionsByState, sessionStateAge],
		intervalMs,
		timeoutMs: 30_000,
		async collect(signal) {
			await readAll(signal)
			const totals = tracker.totals()
			// Without a source, no session would mean that none waits.
			if (roots.length === 0 && !tracker.fed) return []
			return [...totals].flatMap(([state, { sessions, longest }]) => [
				sample(sessionsByState, { state }, sessions),
				sample(sessionStateAge, { state }, longest),
			])
		},
	}
}

const isFileError = (error: unknown): boolean => error instanceof Error && "syscall" in error
