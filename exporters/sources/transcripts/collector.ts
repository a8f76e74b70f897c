import type pg from "pg"
import {
	LINE_RESULTS,
	transcriptFilesSeen,
	transcriptLines,
	transcriptUnpriced,
} from "../../../core/catalogue/subjects/transcripts.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { isMissing } from "../../../core/lib/files.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { sample } from "../../../core/metrics/samples.ts"
import { listTranscripts, readChunk, type TranscriptFile } from "./files.ts"
import { type Activity, notAfter, parseLine } from "./line.ts"
import type { PriceTable } from "./prices.ts"
import type { Position } from "./rows.ts"
import { TranscriptStore } from "./store.ts"

export interface TranscriptOptions {
	/** Folders of projects, such as `~/.claude/projects`. */
	readonly roots: readonly string[]
	/** The observatory database, read-write. */
	readonly pool: pg.Pool
	readonly prices: PriceTable
	readonly clock: Clock
	readonly log: Logger
	/** Age of the oldest lines that count at the first run; default one day. */
	readonly historyMs?: number
	readonly intervalMs?: number
}

type LineResult = (typeof LINE_RESULTS)[number]

const DAY_MS = 86_400_000
/** Twice as long as Claude Code keeps transcripts. */
const FORGET_MS = 60 * DAY_MS
/** Limit of bytes read by one run, so that it stays within its deadline; the next run continues. */
const RUN_BYTES = 64 * 1024 * 1024

/**
 * Reads Claude Code's transcripts and updates `claude_sessions` from them. Positions and counted answers are stored in the
 * database, so that a restart or a second exporter counts nothing twice and misses nothing.
 */
export function transcriptCollector(options: TranscriptOptions): Collector {
	const { roots, pool, prices, clock, log, historyMs = DAY_MS, intervalMs = 10_000 } = options
	const store = new TranscriptStore(pool, prices)
	const lines = new Map<LineResult, number>(LINE_RESULTS.map((result) => [result, 0]))
	const unpriced = new Map<string, number>()
	const count = (result: LineResult, by = 1) => lines.set(result, (lines.get(result) ?? 0) + by)

	/** Reads one chunk; returns the new position, or undefined when another process reads the file. */
	const readNext = async (signal: AbortSignal, file: TranscriptFile, from: Position | undefined, since: Date) => {
		const start = from?.identity === file.identity && from.readTo <= file.size ? from.readTo : 0
		const chunk = await readChunk(file.path, start)
		// An unfinished last line is read once it is complete.
		if (from?.readTo === chunk.readTo && from.identity === file.identity) return { to: from, bytes: 0, atEnd: true }
		const read = chunk.lines.map((line) => parseLine(line, file))
		const activities: Activity[] = []
		const results: LineResult[] = read.map((line) => {
			if (line.kind !== "activity") return line.kind
			if (line.activity.at < since) return "too_old"
			activities.push(notAfter(line.activity, clock.now()))
			return "used"
		})
		const to = { identity: file.identity, readTo: chunk.readTo }
		const models = await store.advance(signal, { path: file.path, from, to, activities })
		if (models === undefined) return undefined
		for (const result of results) count(result)
		count("too_long", chunk.tooLong)
		for (const model of models) unpriced.set(model, (unpriced.get(model) ?? 0) + 1)
		return { to, bytes: chunk.readTo - start, atEnd: chunk.atEnd }
	}

	const readToEnd = async (
		signal: AbortSignal,
		file: TranscriptFile,
		known: Position | undefined,
		since: Date,
		most: number,
	) => {
		let from = known
		let bytes = 0
		while (bytes < most && !(from?.identity === file.identity && from.readTo === file.size)) {
			signal.throwIfAborted()
			const done = await readNext(signal, file, from, since)
			if (done === undefined) break
			from = done.to
			bytes += done.bytes
			if (done.atEnd) break
		}
		return bytes
	}

	/** Reads all files; an unreadable one fails the run only after the others are read. */
	const readAll = async (signal: AbortSignal, files: readonly TranscriptFile[], since: Date) => {
		const positions = await store.positions(signal)
		const failures: unknown[] = []
		let budget = RUN_BYTES
		for (const file of files) {
			try {
				budget -= await readToEnd(signal, file, positions.get(file.path), since, budget)
			} catch (error) {
				signal.throwIfAborted()
				if (!isMissing(error)) failures.push(error)
			}
		}
		const caughtUp = budget > 0
		if (!caughtUp) log.info("more transcripts to read; the next run continues")
		// Only once everything is read does silence mean that a session is idle.
		if (caughtUp) await store.settle(signal, clock.now())
		if (failures.length > 0) throw new AggregateError(failures)
	}

	let prunedAt = 0
	const prune = async (signal: AbortSignal) => {
		if (clock.now() - prunedAt < DAY_MS) return
		await store.prune(signal, new Date(clock.now() - FORGET_MS))
		prunedAt = clock.now()
	}

	return {
		name: "transcripts",
		group: "autonomous",
		emits: [transcriptLines, transcriptFilesSeen, transcriptUnpriced],
		intervalMs,
		timeoutMs: 60_000,
		async collect(signal) {
			const since = await store.since(signal, new Date(clock.now() - historyMs))
			const files = await listTranscripts(roots)
			await readAll(signal, files, since)
			await prune(signal)
			return [
				sample(transcriptFilesSeen, {}, files.length),
				...[...lines].map(([result, n]) => sample(transcriptLines, { result }, n)),
				...[...unpriced].map(([model, n]) => sample(transcriptUnpriced, { model }, n)),
			]
		},
	}
}

/**
 * The folders of a setting: none if it is absent, Claude Code's own ones (CLAUDE_CONFIG_DIR, else the home folder) for
 * `auto`, otherwise those of a comma-separated list.
 */
export function transcriptFolders(
	setting: string | undefined,
	env: Readonly<Record<string, string | undefined>>,
): string[] {
	if (setting === undefined) return []
	if (setting !== "auto") return list(setting)
	const configured = list(env.CLAUDE_CONFIG_DIR ?? "")
	const byDefault = env.HOME ? [`${env.HOME}/.claude`, `${env.HOME}/.config/claude`] : []
	return (configured.length > 0 ? configured : byDefault).map((folder) => `${folder}/projects`)
}

const list = (text: string): string[] =>
	text
		.split(",")
		.map((item) => item.trim())
		.filter(Boolean)
