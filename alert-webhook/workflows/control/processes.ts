import { stopSignals } from "../../../core/catalogue/subjects/remediation.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { Tally } from "../../../core/metrics/durable.ts"
import { type EndedProcesses, STOP_SIGNALS } from "../../clients/processes/session-processes.ts"
import type { Context } from "../../context.ts"
import { appendAudit, SYSTEM } from "../../store/audit/append.ts"
import { readControl } from "../../store/control.ts"
import { keepCounted } from "../../store/counters/counted.ts"
import { recordPending } from "./pending.ts"

/** Sessions that something starts again each second are one entry of the audit log in so many milliseconds. */
const RECORD_EVERY_MS = 10_000

/** The effect of a stop on the sessions' processes of this host. */
export interface ProcessResult {
	/** The sessions that have ended. */
	readonly ended: readonly { readonly pid: number; readonly program: string }[]
	/** What does not end, with the host and the reason. */
	readonly pending: readonly string[]
}

const NOTHING: ProcessResult = { ended: [], pending: [] }

/**
 * Ends the sessions' processes of this host during a stop. It does not need the database; without it, the records follow
 * later. Does not reject.
 */
export async function convergeProcesses(ctx: Context): Promise<ProcessResult> {
	const { sessionProcesses } = ctx.clients
	if (sessionProcesses === undefined || !(await isStopped(ctx))) return NOTHING
	const { sessions, problems } = await endNow(ctx)
	const pending = problems.map((problem) => `${lineStart(ctx)}${problem}`)
	await record(ctx, pending).catch((error: unknown) =>
		ctx.log.warn({ error: messageOf(error) }, "the ended processes cannot be recorded yet"),
	)
	return { ended: sessions, pending }
}

/** Ends the sessions that were started again, each second of a stop, and records what could not be recorded before. */
export function applyToProcesses(ctx: Context): () => Promise<void> {
	let recordedAt = Number.NEGATIVE_INFINITY
	let before: readonly string[] = []
	return async () => {
		const { sessionProcesses: client } = ctx.clients
		if (client === undefined) return
		const stopped = await isStopped(ctx)
		const problems = stopped ? (await endNow(ctx)).problems : []
		const pending = problems.map((problem) => `${lineStart(ctx)}${problem}`)
		const changed = pending.join() !== before.join()
		const due = !stopped || ctx.clock.now() - recordedAt >= RECORD_EVERY_MS
		if (changed || (due && client.unrecorded > 0)) {
			recordedAt = ctx.clock.now()
			await record(ctx, pending)
			before = pending
		}
		if (pending.length > 0) throw new ObservatoryError("unavailable", pending.join(" "))
	}
}

/** A stop that the database does not have yet is one as well. */
const isStopped = async ({ db, unsavedStop }: Context): Promise<boolean> =>
	unsavedStop.current !== undefined || (await readControl({ db })).state === "stop"

async function endNow({ clients, log }: Context): Promise<Pick<EndedProcesses, "sessions" | "problems">> {
	try {
		const ended = await clients.sessionProcesses?.end()
		if (ended === undefined) return { sessions: [], problems: [] }
		if (ended.sessions.length > 0) log.warn({ sessions: ended.sessions }, "ended the processes of sessions")
		return ended
	} catch (error) {
		return { sessions: [], problems: [`The processes cannot be listed: ${messageOf(error)}.`] }
	}
}

const lineStart = ({ settings }: Context) => `On the host ${settings.gateHost}: `

/** The audit log, the counters and the targets that do not follow. What other hosts report stays. */
async function record(ctx: Context, pending: readonly string[]): Promise<void> {
	const { pending: recorded } = await readControl(ctx)
	const others = (recorded.processes ?? []).filter((line) => !line.startsWith(lineStart(ctx)))
	await recordPending(ctx, "processes", [...others, ...pending])
	const { sessionProcesses: client } = ctx.clients
	const batch = client?.take() ?? []
	if (batch.length === 0) return
	try {
		await ctx.db.transaction(async (tx) => {
			const tally = new Tally()
			const signals = Object.fromEntries(
				STOP_SIGNALS.map((signal) => [signal, batch.reduce((sum, one) => sum + one.signals[signal], 0)]),
			)
			for (const signal of STOP_SIGNALS) tally.count(stopSignals, { signal }, signals[signal])
			await keepCounted(tx, tally)
			const sessions = batch.flatMap((one) => one.sessions)
			const started = batch.reduce((sum, one) => sum + one.started, 0)
			await appendAudit(tx, {
				by: SYSTEM,
				action: "processes.ended",
				target: `host ${ctx.settings.gateHost}`,
				details: { sessions: sessions.slice(0, 100), count: sessions.length, started, signals },
				at: new Date(ctx.clock.now()),
			})
		})
	} catch (error) {
		client?.putBack(batch)
		throw error
	}
}
