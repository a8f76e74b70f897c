import path from "node:path"
import type pg from "pg"
import {
	LINE_RESULTS,
	sessionUnpricedTokens,
	transcriptFilesSeen,
	transcriptLines,
	transcriptUnknownLines,
	transcriptUnpriced,
	transcriptUnreadable,
	UNREADABLE_KINDS,
} from "../../../core/catalogue/subjects/transcripts.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { isMissing } from "../../../core/lib/files.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import { sample } from "../../../core/metrics/samples.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"
import { AgentFiles } from "./agent-names.ts"
import { AGENT_SERIES } from "./agent-rows.ts"
import { type Statement, count as tokenCount } from "./cost.ts"
import { listTranscripts, markOf, readChunk, reasonOf, type TranscriptFile, type Unreadable } from "./files.ts"
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
	/** How long a counter with a new label value is shown at 0 before its value. */
	readonly zeroHoldMs?: number
	/** Called for each agent that is counted under `other`. */
	readonly onFold?: OnFold
}

type LineResult = (typeof LINE_RESULTS)[number]

const DAY_MS = 86_400_000
/** Twice the time for which Claude Code keeps transcripts. */
const FORGET_MS = 60 * DAY_MS
/** Limit of bytes read by one run, so that it stays within its deadline; the next run continues. */
const RUN_BYTES = 64 * 1024 * 1024

/** They fail apart: without the durable totals only `agents` does. */
export interface TranscriptCollectors {
	readonly transcripts: Collector
	/** Counts what agents spent, once `transcripts` has read everything. */
	readonly agents: Collector
}

/**
 * Reads Claude Code's transcripts and updates `claude_sessions` from them. Positions and counted answers are stored in the
 * database, so that a restart or a second exporter counts nothing twice and misses nothing.
 */
export function transcriptCollectors(options: TranscriptOptions): TranscriptCollectors {
	const {
		roots,
		pool,
		prices,
		clock,
		log,
		historyMs = DAY_MS,
		intervalMs = 10_000,
		zeroHoldMs = ZERO_HOLD_MS,
		onFold,
	} = options
	const store = new TranscriptStore(pool, prices)
	const agentFiles = new AgentFiles()
	const lines = new Map<LineResult, number>(LINE_RESULTS.map((result) => [result, 0]))
	const unknownTypes = new Map<string, number>()
	const unpriced = new Map<string, number>()
	const count = (result: LineResult, by = 1) => lines.set(result, (lines.get(result) ?? 0) + by)
	const countIn = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
	/** When each file had last changed, as far as its beginning was compared with what was read. */
	const compared = new Map<string, number>()

	/** Where to continue: at the start when the file is another one, is shorter or was rewritten. */
	const startOf = async (file: TranscriptFile, from: Position | undefined) => {
		if (from?.identity !== file.identity || from.readTo > file.size) return 0
		const same = from.mark === undefined || (await markOf(file.path, from.readTo)) === from.mark
		return same ? from.readTo : 0
	}

	/** Reads one chunk; returns the new position, or undefined when another process reads the file. */
	const readNext = async (
		signal: AbortSignal,
		file: TranscriptFile,
		from: Position | undefined,
		start: number,
		since: Date,
	) => {
		const chunk = await readChunk(file.path, start)
		// An unfinished last line is read once it is complete.
		if (from?.identity === file.identity && start === from.readTo && chunk.readTo === start)
			return { to: from, bytes: 0, atEnd: true }
		const owner = file.subagent ? { ...file, agent: await agentFiles.namesOf(file.path) } : file
		const read = chunk.lines.map((line) => parseLine(line, owner))
		const activities: Activity[] = []
		const statements: Statement[] = []
		const tooOld = new Set<string>()
		const results: LineResult[] = read.map((line) => {
			if (line.kind === "cost") {
				statements.push(...line.statements)
				return "used"
			}
			if (line.kind !== "activity") return line.kind
			const { activity } = line
			if (activity.at < since) {
				if (activity.answer) tooOld.add(activity.session)
				return "too_old"
			}
			activities.push(notAfter(activity, clock.now()))
			return "used"
		})
		const to = { identity: file.identity, readTo: chunk.readTo, mark: await markOf(file.path, chunk.readTo) }
		const models = await store.advance(signal, {
			path: file.path,
			from,
			to,
			activities,
			statements: largest(statements),
			tooOld: [...tooOld],
		})
		if (models === undefined) return undefined
		for (const result of results) count(result)
		for (const line of read) if (line.kind === "unknown_type") countIn(unknownTypes, line.type)
		count("too_long", chunk.tooLong)
		for (const model of models) countIn(unpriced, model)
		return { to, bytes: chunk.readTo - start, atEnd: chunk.atEnd }
	}

	const readToEnd = async (
		signal: AbortSignal,
		file: TranscriptFile,
		known: Position | undefined,
		since: Date,
		most: number,
	) => {
		const caughtUp = known?.identity === file.identity && known.readTo === file.size
		if (caughtUp && compared.get(file.path) === file.changedAt) return 0
		let from = known
		let start = await startOf(file, from)
		let bytes = 0
		while (bytes < most && !(from?.identity === file.identity && from.readTo === file.size && start === from.readTo)) {
			signal.throwIfAborted()
			const done = await readNext(signal, file, from, start, since)
			if (done === undefined) return bytes
			from = done.to
			start = from.readTo
			bytes += done.bytes
			if (done.atEnd) break
		}
		compared.set(file.path, file.changedAt)
		return bytes
	}

	/** Until everything is read, an answer that two files have may look like the other agent's. */
	let caughtUp = false
	/** Reads all files. One that cannot be read is reported; an error of the database fails the run after the others. */
	const readAll = async (signal: AbortSignal, files: readonly TranscriptFile[], since: Date) => {
		caughtUp = false
		const positions = await store.positions(signal)
		const unreadable: Unreadable[] = []
		const failures: unknown[] = []
		let budget = RUN_BYTES
		for (const file of files) {
			try {
				budget -= await readToEnd(signal, file, positions.get(file.path), since, budget)
			} catch (error) {
				signal.throwIfAborted()
				if (isMissing(error)) continue
				const reason = reasonOfFile(error)
				if (reason === undefined) failures.push(error)
				else unreadable.push({ path: file.path, kind: "file", reason })
			}
		}
		const isAllRead = budget > 0
		if (!isAllRead) log.info("more transcripts to read; the next run continues")
		// Only once everything is read does silence mean that a session is idle.
		if (isAllRead) await store.settle(signal, clock.now())
		if (failures.length > 0) throw new AggregateError(failures)
		caughtUp = isAllRead
		return unreadable
	}

	let reported = new Set<string>()
	/** Names each once, until it can be read. */
	const report = (unreadable: readonly Unreadable[]) => {
		for (const { path: at, reason } of unreadable)
			if (!reported.has(at)) log.warn({ path: at, reason }, "a transcript cannot be read; the others are")
		reported = new Set(unreadable.map((one) => one.path))
	}

	let repriced = false
	/** Once: the table does not change while the process runs. */
	const reprice = async (signal: AbortSignal) => {
		if (!repriced) await store.reprice(signal)
		repriced = true
	}

	let prunedAt = 0
	const prune = async (signal: AbortSignal) => {
		if (clock.now() - prunedAt < DAY_MS) return
		await store.prune(signal, new Date(clock.now() - FORGET_MS))
		prunedAt = clock.now()
	}

	const transcripts: Collector = {
		name: "transcripts",
		group: "autonomous",
		emits: [
			transcriptLines,
			transcriptUnknownLines,
			transcriptFilesSeen,
			transcriptUnreadable,
			transcriptUnpriced,
			sessionUnpricedTokens,
		],
		intervalMs,
		zeroHoldMs,
		timeoutMs: 60_000,
		async collect(signal) {
			const since = await store.since(signal, new Date(clock.now() - historyMs))
			const listing = await listTranscripts(roots)
			await reprice(signal)
			const unreadable = [...listing.unreadable, ...(await readAll(signal, listing.files, since))]
			report(unreadable)
			requireOneRoot(roots, listing.unreadable)
			await prune(signal)
			const withoutPrice = await store.unpriced(signal, new Date(clock.now() - DAY_MS))
			return [
				sample(transcriptFilesSeen, {}, listing.files.length),
				...UNREADABLE_KINDS.map((kind) =>
					sample(transcriptUnreadable, { kind }, unreadable.filter((one) => one.kind === kind).length),
				),
				...[...lines].map(([result, n]) => sample(transcriptLines, { result }, n)),
				...[...unknownTypes].map(([type, n]) => sample(transcriptUnknownLines, { type }, n)),
				...[...unpriced].map(([model, n]) => sample(transcriptUnpriced, { model }, n)),
				...[...withoutPrice].map(([model, n]) => sample(sessionUnpricedTokens, { model }, n)),
			]
		},
	}
	const agents: Collector = {
		name: "transcript_agents",
		group: "autonomous",
		emits: AGENT_SERIES,
		intervalMs,
		zeroHoldMs,
		timeoutMs: 60_000,
		async collect(signal) {
			if (caughtUp) await store.countAgents(signal, { now: () => clock.now(), ...(onFold ? { onFold } : {}) })
			return store.agents(signal)
		},
	}
	return { transcripts, agents }
}

/** A run that could read no root at all has failed. */
function requireOneRoot(roots: readonly string[], unreadable: readonly Unreadable[]): void {
	const closed = roots.map((root) => unreadable.find((one) => path.join(root, ".") === path.join(one.path, ".")))
	const [first] = closed
	if (first && closed.every(Boolean)) throw new Error(`${first.path} cannot be read: ${first.reason}`)
}

/** Of a chunk's statements about one model of a session only the one with the most tokens matters. */
function largest(statements: readonly Statement[]): Statement[] {
	const kept = new Map<string, Statement>()
	for (const statement of statements) {
		const key = JSON.stringify([statement.session, statement.model])
		const before = kept.get(key)
		if (before === undefined || tokenCount(statement.tokens) > tokenCount(before.tokens)) kept.set(key, statement)
	}
	return [...kept.values()]
}

/** Why a file cannot be read or stored; undefined when the error is not the file's. */
function reasonOfFile(error: unknown): string | undefined {
	if (!(error instanceof Error) || !("code" in error)) return undefined
	// SQLSTATE classes 22 and 54: a value that PostgreSQL cannot store.
	if (/^(22|54)...$/.test(String(error.code))) return `it has a value that cannot be stored: ${error.message}`
	return "syscall" in error && "errno" in error && !("address" in error) ? reasonOf(error) : undefined
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
