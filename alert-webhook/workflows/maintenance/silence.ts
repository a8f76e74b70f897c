import type { NewSilence, Silence } from "../../clients/silences.ts"
import type { Context } from "../../context.ts"
import { HEARTBEAT_LABEL, PAGE_LABEL } from "../../domain/alert-kind.ts"
import { tryLock } from "../../store/advisory-lock.ts"
import { listWindows, type MaintenanceWindow } from "../../store/maintenance.ts"

/**
 * Creates the silence of every active or planned window, and expires our silences whose window has ended. Each round
 * compares with Alertmanager's silences, so that one that has lost its memory, or was down, becomes complete. One
 * replica at a time.
 */
export async function syncSilences(ctx: Context): Promise<void> {
	const windows = await listWindows(ctx)
	if (windows.length === 0) return
	await ctx.db.transaction(async (tx) => {
		if (!(await tryLock(tx, "silences"))) return
		const { consoleUrl } = ctx.settings
		const existing = await ctx.clients.silences.list()
		const { missing, idle } = compareSilences(windows, existing, { consoleUrl, now: ctx.clock.now() })
		for (const window of missing) await ctx.clients.silences.create(silenceOf(window, consoleUrl))
		for (const id of idle) await ctx.clients.silences.expire(id)
	})
}

interface Setting {
	readonly consoleUrl: string
	readonly now: number
}

/** Windows without a silence, and our silences without a window or beside another of the same one. */
export function compareSilences(
	windows: readonly MaintenanceWindow[],
	silences: readonly Silence[],
	{ consoleUrl, now }: Setting,
): { missing: MaintenanceWindow[]; idle: string[] } {
	const alive = silences.filter(({ status }) => status.state !== "expired")
	const live = windows.filter(({ endedAt, endsAt }) => !endedAt && endsAt.getTime() > now)
	const kept = new Map<number, string>()
	for (const window of live) {
		const found = alive.find(({ comment }) => comment.endsWith(mark(window.id, consoleUrl)))
		if (found) kept.set(window.id, found.id)
	}
	const ours = alive.filter(({ comment }) => isMarked(comment, consoleUrl)).map(({ id }) => id)
	const used = new Set(kept.values())
	return { missing: live.filter(({ id }) => !kept.has(id)), idle: ours.filter((id) => !used.has(id)) }
}

/** The mark of our silences; the console's address distinguishes two installations. */
const mark = (id: number, consoleUrl: string) => ` (maintenance window ${id} of ${consoleUrl})`
const isMarked = (comment: string, consoleUrl: string) =>
	/ \(maintenance window \d+ of /.test(comment) && comment.endsWith(` of ${consoleUrl})`)

/** Heartbeats and the observatory's own pages are never silenced. */
function silenceOf(
	{ id, matchers, startsAt, endsAt, createdBy, reason }: MaintenanceWindow,
	consoleUrl: string,
): NewSilence {
	return {
		matchers: [
			...matchers.map(({ name, op, value }) => ({
				name,
				value,
				isRegex: op.endsWith("~"),
				isEqual: !op.startsWith("!"),
			})),
			{ name: PAGE_LABEL, value: "", isRegex: false, isEqual: true },
			{ name: HEARTBEAT_LABEL, value: "true", isRegex: false, isEqual: false },
		],
		startsAt: startsAt.toISOString(),
		endsAt: endsAt.toISOString(),
		createdBy,
		comment: reason + mark(id, consoleUrl),
	}
}
